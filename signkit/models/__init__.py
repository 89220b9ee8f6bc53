"""Recognizers: frontend, body, head. A named body is a plain function of the model settings."""
