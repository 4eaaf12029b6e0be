"""ML-KEM-768 (FIPS 203): key generation and encapsulation, as slow and plain as its text."""
import hashlib

Q, K, N = 3329, 3, 256


def reversed_bits(i):
    return int('{:07b}'.format(i)[::-1], 2)


ZETAS = [pow(17, reversed_bits(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * reversed_bits(i) + 1, Q) for i in range(128)]


def ntt(f):
    f, i, size = list(f), 1, 128
    while size >= 2:
        for start in range(0, N, 2 * size):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + size):
                t = zeta * f[j + size] % Q
                f[j + size], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        size //= 2
    return f


def inverse_ntt(f):
    f, i, size = list(f), 127, 2
    while size <= 128:
        for start in range(0, N, 2 * size):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + size):
                t = f[j]
                f[j], f[j + size] = (t + f[j + size]) % Q, zeta * (f[j + size] - t) % Q
        size *= 2
    return [x * 3303 % Q for x in f]


def multiply(f, g):
    h = []
    for i, gamma in enumerate(GAMMAS):
        a, b, c, d = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
        h += [(a * c + b * d * gamma) % Q, (a * d + b * c) % Q]
    return h


def add(*polynomials):
    return [sum(terms) % Q for terms in zip(*polynomials)]


def product(row, vector):
    return add(*(multiply(f, g) for f, g in zip(row, vector)))


def encode(f, bits):
    return sum(x << bits * i for i, x in enumerate(f)).to_bytes(N * bits // 8, 'little')


def decode(data, bits):
    number = int.from_bytes(data, 'little')
    return [number >> bits * i & (1 << bits) - 1 for i in range(N)]


def compress(f, bits):
    return [((x << bits) + Q // 2) // Q & (1 << bits) - 1 for x in f]


def uniform(seed):
    stream, f, at = hashlib.shake_128(seed).digest(3 * N * 4), [], 0
    while len(f) < N:
        a, b, c = stream[at:at + 3]
        f += [x for x in (a | (b & 15) << 8, b >> 4 | c << 4) if x < Q]
        at += 3
    return f[:N]


def small(seed, number):
    """Centred binomial, eta = 2."""
    bits = int.from_bytes(hashlib.shake_256(seed + bytes([number])).digest(128), 'little')
    nibbles = [bits >> 4 * i & 15 for i in range(N)]
    return [((x & 1) + (x >> 1 & 1) - (x >> 2 & 1) - (x >> 3)) % Q for x in nibbles]


def matrix(rho):
    return [[uniform(rho + bytes([j, i])) for j in range(K)] for i in range(K)]


def keypair_public(d):
    """The encapsulation key of a seed's first half."""
    both = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = both[:32], both[32:]
    s = [ntt(small(sigma, i)) for i in range(K)]
    e = [ntt(small(sigma, K + i)) for i in range(K)]
    t = [add(product(row, s), e[i]) for i, row in enumerate(matrix(rho))]
    return b''.join(encode(f, 12) for f in t) + rho


def encapsulate(key, message):
    """Ciphertext and shared secret."""
    both = hashlib.sha3_512(message + hashlib.sha3_256(key).digest()).digest()
    secret, r = both[:32], both[32:]
    t = [decode(key[384 * i:384 * (i + 1)], 12) for i in range(K)]
    a = matrix(key[384 * K:])
    y = [ntt(small(r, i)) for i in range(K)]
    u = [add(inverse_ntt(product([a[j][i] for j in range(K)], y)), small(r, K + i))
         for i in range(K)]
    hidden = [(Q + 1) // 2 * bit for bit in decode(message, 1)]
    v = add(inverse_ntt(product(t, y)), small(r, 2 * K), hidden)
    return b''.join(encode(compress(f, 10), 10) for f in u) + encode(compress(v, 4), 4), secret
