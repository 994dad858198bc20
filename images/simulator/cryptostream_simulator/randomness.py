"""Random numbers that depend on the seed and on what they are for, never on what was asked before."""

import zlib

import numpy as np


def generator(seed: int, symbol: str, number: int, purpose: str) -> np.random.Generator:
    """A fresh generator for one purpose, symbol and block number (which may be negative)."""
    key = [seed, zlib.crc32(symbol.encode()), number % 2**63, zlib.crc32(purpose.encode())]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
