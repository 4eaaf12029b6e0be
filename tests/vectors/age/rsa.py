"""RSA with OAEP as age uses it, and the private keys of OpenSSH."""
import hashlib

from age import b64, openssh_private, sha256, ssh_string


def prime(name, bits):
    """The first prime above a number that belongs to the name."""
    n = int.from_bytes(hashlib.shake_256(name).digest(bits // 8), 'big') | 3 << bits - 2 | 1
    while n % 65537 == 1 or any(n % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23)) or \
            not all(passes(n, base) for base in (2, 3, 5, 7, 11, 13, 17, 19)):
        n += 2
    return n


def passes(n, base):
    """Miller and Rabin."""
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


def mpint(number):
    return ssh_string(number.to_bytes(number.bit_length() // 8 + 1, 'big'))


def mask(seed, size):
    blocks = [sha256(seed + i.to_bytes(4, 'big')) for i in range((size + 31) // 32)]
    return b''.join(blocks)[:size]


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


class Key:
    def __init__(self, name, bits):
        self.p, self.q = prime(name + b' p', bits // 2), prime(name + b' q', bits // 2)
        self.n, self.e, self.size = self.p * self.q, 65537, bits // 8
        assert self.n.bit_length() == bits
        self.wire = ssh_string(b'ssh-rsa') + mpint(self.e) + mpint(self.n)
        self.tag = b64(sha256(self.wire)[:4])

    def private(self):
        """An OpenSSH private key without passphrase: its base64, in one line."""
        d = pow(self.e, -1, (self.p - 1) * (self.q - 1))
        numbers = (self.n, self.e, d, pow(self.q, -1, self.p), self.p, self.q)
        return openssh_private(self.wire, ssh_string(b'ssh-rsa') + b''.join(map(mpint, numbers)))

    def seal(self, text, seed, label=b'age-encryption.org/v1/ssh-rsa'):
        """OAEP with SHA-256 throughout."""
        padding = bytes(self.size - 66 - len(text))
        block = sha256(label) + padding + b'\1' + text
        block = xor(block, mask(seed, len(block)))
        seed = xor(seed, mask(block, 32))
        number = int.from_bytes(seed + block, 'big')
        return pow(number, self.e, self.n).to_bytes(self.size, 'big')
