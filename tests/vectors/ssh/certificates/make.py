"""make.py FOLDER — certificates of users signed by keys as security tokens have them."""
import base64
import hashlib
import os
import struct
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

APPLICATION = b"ssh:"
SAID = bytes([1]) + struct.pack(">I", 7)  # somebody was present; the seventh signature


def string(b):
    return struct.pack(">I", len(b)) + b


def mpint(n):
    return string(n.to_bytes(n.bit_length() // 8 + 1, "big"))


def raw(key):
    return key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def certificate(authority, sign):
    subject = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
    body = (string(b"ssh-ed25519-cert-v01@openssh.com") + string(bytes(32)) + string(raw(subject))
            + struct.pack(">QI", 5, 1) + string(b"token") + string(string(b"root"))
            + struct.pack(">QQ", 0, 2**64 - 1) + string(b"") + string(b"") + string(b"")
            + string(authority))
    message = hashlib.sha256(APPLICATION).digest() + SAID + hashlib.sha256(body).digest()
    kind = authority[4:4 + struct.unpack(">I", authority[:4])[0]]
    return body + string(string(kind) + string(sign(message)) + SAID)


def by_ed25519():
    kind, key = b"sk-ssh-ed25519@openssh.com", ed25519.Ed25519PrivateKey.from_private_bytes(b"a" * 32)
    return certificate(string(kind) + string(raw(key.public_key())) + string(APPLICATION), key.sign)


def by_ecdsa():
    kind, key = b"sk-ecdsa-sha2-nistp256@openssh.com", ec.derive_private_key(0xa1a2, ec.SECP256R1())
    point = key.public_key().public_bytes(serialization.Encoding.X962,
                                          serialization.PublicFormat.UncompressedPoint)

    def sign(message):
        r, s = utils.decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        return mpint(r) + mpint(s)

    return certificate(string(kind) + string(b"nistp256") + string(point) + string(APPLICATION), sign)


for name, wire in ("sk-ed25519", by_ed25519()), ("sk-ecdsa", by_ecdsa()):
    with open(os.path.join(sys.argv[1], name + "-cert.pub"), "w") as f:
        f.write("ssh-ed25519-cert-v01@openssh.com " + base64.b64encode(wire).decode() + "\n")
