"""Writes one vector, and has what most of them are made of: a good file and its parts."""
import hashlib
import os
import zlib

import age
from age import b64, hkdf, stanza, wrap

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'kit')

HEADER, ARMOR, PAYLOAD = 'header failure', 'armor failure', 'payload failure'
NO_MATCH, HMAC, SUCCESS = 'no match', 'HMAC failure', 'success'


def fixed(name, size):
    """Bytes that look random and belong to a name."""
    return hashlib.shake_256(b'moonlatch age vectors: ' + name.encode()).digest(size)


def identity_text(scalar):
    return age.bech32('AGE-SECRET-KEY-', scalar)


FILE_KEY, NONCE = fixed('file key', 16), fixed('nonce', 16)
SCALAR, OTHER = fixed('identity', 32), fixed('other identity', 32)
EPHEMERAL = fixed('ephemeral', 32)
POINT, OTHER_POINT = age.x25519_base(SCALAR), age.x25519_base(OTHER)
SHARE = age.x25519_base(EPHEMERAL)
IDENTITY, OTHER_IDENTITY = identity_text(SCALAR), identity_text(OTHER)
WRAP_KEY = hkdf(age.x25519(EPHEMERAL, POINT), SHARE + POINT, b'age-encryption.org/v1/X25519')
BODY = wrap(WRAP_KEY, FILE_KEY)
OURS = age.x25519_stanza(FILE_KEY, POINT, EPHEMERAL)
THEIRS = age.x25519_stanza(FILE_KEY, OTHER_POINT, EPHEMERAL)
UNKNOWN = stanza(b'unknown', b'argument', body=fixed('unknown', 40))
TEXT = b'what is sealed'
BEGIN, END = b'-----BEGIN AGE ENCRYPTED FILE-----\n', b'-----END AGE ENCRYPTED FILE-----\n'


def damaged(data, at=-1):
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def payload(text=TEXT):
    return NONCE + b''.join(age.chunks(FILE_KEY, NONCE, text))


def sealed(*stanzas, text=TEXT):
    return age.header(FILE_KEY, *(stanzas or (OURS,))) + payload(text)


def vector(name, expect, file, released=None, identities=(IDENTITY,), ssh=(), passphrases=(),
           armored=False, comment=None):
    lines = ['expect: ' + expect]
    if released is not None:
        lines.append('payload: ' + hashlib.sha256(released).hexdigest())
    lines.append('file key: ' + FILE_KEY.hex())
    lines += ['identity: ' + text for text in identities]
    lines += ['ssh identity: ' + text for text in ssh]
    lines += ['passphrase: ' + text for text in passphrases]
    if armored:
        lines.append('armored: yes')
    if comment:
        lines.append('comment: ' + comment)
    if len(file) > 4096:
        lines.append('compressed: zlib')
        file = zlib.compress(file, 9)
    path = os.path.join(FOLDER, name)
    assert not os.path.exists(path), name
    with open(path, 'wb') as out:
        out.write('\n'.join(lines + ['', '']).encode() + file)


def opens(name, file, text=TEXT, **rest):
    vector(name, SUCCESS, file, released=text, **rest)


def loosened(text):
    """The same bytes in base64 with an unused bit that is not zero."""
    alphabet = b'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
    last = alphabet.index(text[-1])
    assert last & 1 == 0 and len(text) % 4 != 0
    return text[:-1] + bytes([alphabet[last | 1]])


def silent(first, size, last=True):
    """A text whose sealed chunks are all zero but for their tags, so that vectors stay small: the
    keystream itself. Its chunks are numbered from `first`."""
    key = age.payload_key(FILE_KEY, NONCE)
    parts = []
    for index, start in enumerate(range(0, size, age.CHUNK), first):
        length = min(age.CHUNK, size - start)
        ends = last and start + length == size
        parts.append(age.keystream(key, age.chunk_nonce(index, ends), length))
    return b''.join(parts)


def silent_chunk(index, size=age.CHUNK, last=False):
    """Such a chunk, and its text."""
    key, nonce = age.payload_key(FILE_KEY, NONCE), age.chunk_nonce(index, last)
    return bytes(size) + age.tag(key, nonce, bytes(size)), age.keystream(key, nonce, size)
