"""Which face landmarks change places in a mirror: MediaPipe's mesh and the 68 iBUG points.

The mirror of the mesh is the exact reflection of MediaPipe's canonical face model.
"""

# First index on the signer's right, first on the left, and how many follow.
_MESH_RANGES = (
    (3, 248, 1), (7, 249, 1), (20, 250, 74), (95, 324, 56), (153, 380, 11), (165, 391, 3),
    (169, 394, 6),
    (176, 400, 19), (196, 419, 1), (198, 420, 1), (201, 421, 47),
)  # fmt: skip
_IRISES = ((468, 473), (469, 476), (470, 475), (471, 474), (472, 477))

MESH_PAIRS = (
    *((left + i, right + i) for right, left, n in _MESH_RANGES for i in range(n)),
    *((left, right) for right, left in _IRISES),
)
"""(left, right) of the mesh with irises; every other point lies on the axis."""

# Pairs within the 68 iBUG points, (signer's right, signer's left); the rest lies on the axis.
_IBUG = (
    *((i, 16 - i) for i in range(8)),
    *((17 + i, 26 - i) for i in range(5)),
    (31, 35), (32, 34), (36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46), (48, 54),
    (49, 53),
    (50, 52), (55, 59), (56, 58), (60, 64), (61, 63), (65, 67),
)  # fmt: skip

FACE_PAIRS: dict[str, str] = {
    **{
        f"{part}_{left}": f"{part}_{right}"
        for part in ("face", "lips")
        for left, right in MESH_PAIRS
    },
    **{f"face_ibug_{left}": f"face_ibug_{right}" for right, left in _IBUG},
}
"""Name of a landmark on the signer's left to that of its partner on the right."""
FACE_PARTNERS = FACE_PAIRS | {right: left for left, right in FACE_PAIRS.items()}
"""Name of a landmark to that of its partner, either way."""
