"""The age format from its rules alone, with Python's standard library: what make.py needs to build
files that no writer would make. Nothing here was taken from a program that it tests."""
import base64
import hashlib
import hmac

import mlkem

CHUNK = 65536
ZERO_NONCE = bytes(12)


def sha256(data):
    return hashlib.sha256(data).digest()


def mac(key, data):
    return hmac.digest(key, data, 'sha256')


def hkdf(secret, salt, info):
    """One block of output, as age uses it."""
    return mac(mac(salt or bytes(32), secret), info + b'\1')


# ChaCha20-Poly1305 (RFC 8439)


def chacha_block(key, nonce, counter):
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574]
    start += [int.from_bytes(key[i:i + 4], 'little') for i in range(0, 32, 4)]
    start += [counter] + [int.from_bytes(nonce[i:i + 4], 'little') for i in range(0, 12, 4)]
    x = list(start)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            xa, xb, xc, xd = x[a], x[b], x[c], x[d]
            xa = xa + xb & 0xFFFFFFFF
            xd ^= xa
            xd = xd << 16 & 0xFFFFFFFF | xd >> 16
            xc = xc + xd & 0xFFFFFFFF
            xb ^= xc
            xb = xb << 12 & 0xFFFFFFFF | xb >> 20
            xa = xa + xb & 0xFFFFFFFF
            xd ^= xa
            xd = xd << 8 & 0xFFFFFFFF | xd >> 24
            xc = xc + xd & 0xFFFFFFFF
            xb ^= xc
            x[a], x[b], x[c], x[d] = xa, xb << 7 & 0xFFFFFFFF | xb >> 25, xc, xd
    return b''.join((a + b & 0xFFFFFFFF).to_bytes(4, 'little') for a, b in zip(x, start))


def keystream(key, nonce, size):
    blocks = (chacha_block(key, nonce, 1 + i) for i in range((size + 63) // 64))
    return b''.join(blocks)[:size]


def poly1305(key, data):
    r = int.from_bytes(key[:16], 'little') & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(data), 16):
        total = (total + int.from_bytes(data[i:i + 16] + b'\1', 'little')) * r % (2**130 - 5)
    return (total + int.from_bytes(key[16:32], 'little') & 2**128 - 1).to_bytes(16, 'little')


def tag(key, nonce, box):
    sized = box + bytes(-len(box) % 16) + bytes(8) + len(box).to_bytes(8, 'little')
    return poly1305(chacha_block(key, nonce, 0)[:32], sized)


def seal(key, nonce, text):
    stream = int.from_bytes(keystream(key, nonce, len(text)), 'little')
    box = (stream ^ int.from_bytes(text, 'little')).to_bytes(len(text), 'little')
    return box + tag(key, nonce, box)


# X25519 (RFC 7748) and the little that is needed of Ed25519

P = 2**255 - 19


def x25519(scalar, point):
    k = int.from_bytes(scalar, 'little') & ~7 & 2**255 - 1 | 2**254
    u = int.from_bytes(point, 'little') & 2**255 - 1
    x2, z2, x3, z3 = 1, 0, u, 1
    for i in reversed(range(255)):
        swap = k >> i & 1
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
        a, b, c, d = (x2 + z2) % P, (x2 - z2) % P, (x3 + z3) % P, (x3 - z3) % P
        da, cb, aa, bb = d * a % P, c * b % P, a * a % P, b * b % P
        x3, z3 = (da + cb)**2 % P, u * (da - cb)**2 % P
        x2, z2 = aa * bb % P, (aa - bb) * (aa + 121665 * (aa - bb)) % P
        if swap:
            x2, z2, x3, z3 = x3, z3, x2, z2
    return (x2 * pow(z2, P - 2, P) % P).to_bytes(32, 'little')


def x25519_base(scalar):
    return x25519(scalar, (9).to_bytes(32, 'little'))


def ed25519_scalar(seed):
    return hashlib.sha512(seed).digest()[:32]


def ed25519_public(seed):
    """The point that belongs to the scalar, by the double-and-add of the curve's definition."""
    d = -121665 * pow(121666, P - 2, P) % P
    y = 4 * pow(5, P - 2, P) % P
    square = (y * y - 1) * pow(d * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    base = (P - x if x & 1 else x, y)
    k = int.from_bytes(ed25519_scalar(seed), 'little') & ~7 & 2**255 - 1 | 2**254
    total = (0, 1)
    while k:
        if k & 1:
            total = add(total, base, d)
        base, k = add(base, base, d), k >> 1
    return (total[1] | (total[0] & 1) << 255).to_bytes(32, 'little')


def add(a, b, d):
    t = d * a[0] * b[0] * a[1] * b[1] % P
    return ((a[0] * b[1] + a[1] * b[0]) * pow(1 + t, P - 2, P) % P,
            (a[1] * b[1] + a[0] * b[0]) * pow(1 - t, P - 2, P) % P)


# Encodings


def b64(data):
    return base64.b64encode(data).rstrip(b'=')


def bech32(prefix, data):
    """Upper case throughout when the prefix is."""
    alphabet = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l'
    lower = prefix.lower()
    number = int.from_bytes(data, 'big') << -8 * len(data) % 5
    count = (8 * len(data) + 4) // 5
    values = [number >> 5 * i & 31 for i in reversed(range(count))]
    expanded = [ord(c) >> 5 for c in lower] + [0] + [ord(c) & 31 for c in lower]
    check = 1
    for value in expanded + values + [0] * 6:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i, term in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> i & 1:
                check ^= term
    values += [(check ^ 1) >> 5 * (5 - i) & 31 for i in range(6)]
    text = lower + '1' + ''.join(alphabet[value] for value in values)
    return text.upper() if prefix.isupper() else text


def ssh_string(data):
    return len(data).to_bytes(4, 'big') + data


# The file

VERSION = b'age-encryption.org/v1\n'


def stanza(*arguments, body=b''):
    """The body ends with its first line shorter than 64 columns, which may be empty."""
    text = b64(body)
    lines = [text[i:i + 64] for i in range(0, len(text) + 1, 64)]
    return b'\n'.join([b'-> ' + b' '.join(arguments)] + lines) + b'\n'


def wrap(key, file_key):
    return seal(key, ZERO_NONCE, file_key)


def header_mac(file_key, covered):
    return mac(hkdf(file_key, b'', b'header'), covered)


def header(file_key, *stanzas):
    covered = VERSION + b''.join(stanzas) + b'---'
    return covered + b' ' + b64(header_mac(file_key, covered)) + b'\n'


def payload_key(file_key, nonce):
    return hkdf(file_key, nonce, b'payload')


def chunk_nonce(index, last):
    return index.to_bytes(11, 'big') + bytes([last])


def chunks(file_key, nonce, text):
    """The sealed chunks of a text, as a list."""
    key = payload_key(file_key, nonce)
    starts = range(0, max(len(text), 1), CHUNK)
    return [seal(key, chunk_nonce(i, start + CHUNK >= len(text)), text[start:start + CHUNK])
            for i, start in enumerate(starts)]


def armor(data, end=b'\n'):
    text = base64.b64encode(data)
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return end.join([b'-----BEGIN AGE ENCRYPTED FILE-----'] + lines +
                    [b'-----END AGE ENCRYPTED FILE-----', b''])


# Recipient types


def x25519_stanza(file_key, recipient, ephemeral, share=None):
    """`share` takes the place of the ephemeral's own."""
    share = share or x25519_base(ephemeral)
    key = hkdf(x25519(ephemeral, recipient), share + recipient, b'age-encryption.org/v1/X25519')
    return stanza(b'X25519', b64(share), body=wrap(key, file_key))


def scrypt_key(passphrase, salt, log_n):
    return hashlib.scrypt(passphrase, salt=b'age-encryption.org/v1/scrypt' + salt, n=1 << log_n,
                          r=8, p=1, dklen=32, maxmem=1 << 30)


def scrypt_stanza(file_key, passphrase, salt, log_n):
    body = wrap(scrypt_key(passphrase, salt, log_n), file_key)
    return stanza(b'scrypt', b64(salt), b'%d' % log_n, body=body)


def ssh_ed25519_wire(seed):
    return ssh_string(b'ssh-ed25519') + ssh_string(ed25519_public(seed))


def ssh_ed25519_parts(file_key, seed, ephemeral):
    """Tag, share and body of the stanza."""
    label = b'age-encryption.org/v1/ssh-ed25519'
    wire, share = ssh_ed25519_wire(seed), x25519_base(ephemeral)
    point = x25519_base(ed25519_scalar(seed))
    shared = x25519(hkdf(b'', wire, label), x25519(ephemeral, point))
    return (b64(sha256(wire)[:4]), b64(share),
            wrap(hkdf(shared, share + point, label), file_key))


def ssh_ed25519_private(seed):
    public = ed25519_public(seed)
    return openssh_private(ssh_ed25519_wire(seed), ssh_string(b'ssh-ed25519') +
                           ssh_string(public) + ssh_string(seed + public))


def openssh_private(wire, numbers):
    """An OpenSSH private key without passphrase: its base64, in one line."""
    block = bytes(8) + numbers + ssh_string(b'vector')
    block += bytes(range(1, 1 + -len(block) % 8))
    return base64.b64encode(b'openssh-key-v1\0' + ssh_string(b'none') + ssh_string(b'none') +
                            ssh_string(b'') + (1).to_bytes(4, 'big') + ssh_string(wire) +
                            ssh_string(block)).decode()


class Hybrid:
    """The keys of a seed of mlkem768x25519: ML-KEM-768 beside X25519, put together as X-Wing."""

    def __init__(self, seed):
        expanded = hashlib.shake_256(seed).digest(96)
        self.point = x25519_base(expanded[64:])
        self.recipient = mlkem.keypair_public(expanded[:32]) + self.point

    def parts(self, file_key, message, ephemeral):
        """What is sent, and the wrapped file key."""
        share = x25519_base(ephemeral)
        sealed, secret = mlkem.encapsulate(self.recipient[:1184], message)
        shared = hashlib.sha3_256(secret + x25519(ephemeral, self.point) + share + self.point +
                                  b'\\.//^\\').digest()
        key, nonce = hpke_keys(b'HPKE\x64\x7a\0\1\0\3', shared,
                               b'age-encryption.org/mlkem768x25519')
        return sealed + share, seal(key, nonce, file_key)


def hpke_keys(suite, shared, info):
    """Key and nonce of a single message in base mode (RFC 9180)."""

    def extract(salt, label, data):
        return mac(salt or bytes(32), b'HPKE-v1' + suite + label + data)

    def expand(key, label, about, size):
        return mac(key, size.to_bytes(2, 'big') + b'HPKE-v1' + suite + label + about + b'\1')[:size]

    context = b'\0' + extract(b'', b'psk_id_hash', b'') + extract(b'', b'info_hash', info)
    secret = extract(shared, b'secret', b'')
    return expand(secret, b'key', context, 32), expand(secret, b'base_nonce', context, 12)
