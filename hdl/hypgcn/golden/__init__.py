"""The golden model: NumPy integers only, one file per hardware unit under the same name.

Every function follows ``docs/numbers.md``; inside, everything is int64. Nothing here knows of time, lanes or folding.
"""
