"""signkit: from folders of sign-language video to poses, recognizers and word error rates."""

__version__ = "0.1.0"
