"""People in a clip: who is who from frame to frame, and which of them signs.

One set of rules for all landmarks, whether signkit found them in pictures or somebody else did.
"""
