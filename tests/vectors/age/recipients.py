"""Vectors of the recipient types."""
import age
import rsa
from age import b64, hkdf, stanza, wrap
from vector import (BODY, EPHEMERAL, FILE_KEY, HEADER, HMAC, IDENTITY, NO_MATCH, OTHER_IDENTITY,
                    OURS, POINT, SCALAR, SHARE, THEIRS, UNKNOWN, WRAP_KEY, damaged, fixed,
                    identity_text, loosened, opens, sealed, vector)


def x25519_vectors():
    def refused(name, arguments, body=BODY, expect=HEADER, **rest):
        vector('x25519_' + name, expect, sealed(stanza(b'X25519', *arguments, body=body)), **rest)

    share = b64(SHARE)
    opens('x25519', sealed())
    opens('x25519_second_stanza', sealed(THEIRS, OURS))
    opens('x25519_second_identity', sealed(), identities=[OTHER_IDENTITY, IDENTITY])
    opens('x25519_both_identities', sealed(THEIRS, OURS), identities=[OTHER_IDENTITY, IDENTITY])
    high = SHARE[:31] + bytes([SHARE[31] | 0x80])
    opens('x25519_high_bit', sealed(age.x25519_stanza(FILE_KEY, POINT, EPHEMERAL, high)),
          comment='bit 255 of a share does not count in X25519, but in the salt')
    unclamped = bytes([SCALAR[0] | 7]) + SCALAR[1:31] + bytes([SCALAR[31] | 0x80])
    opens('x25519_unclamped', sealed(age.x25519_stanza(FILE_KEY, age.x25519_base(unclamped),
                                                       EPHEMERAL)),
          identities=[identity_text(unclamped)])
    vector('x25519_no_match', NO_MATCH, sealed(), identities=[OTHER_IDENTITY])
    vector('x25519_passphrase_alone', NO_MATCH, sealed(), identities=[], passphrases=['password'])
    refused('damaged_body', [share], damaged(BODY), NO_MATCH)
    refused('other_share', [b64(POINT)], expect=NO_MATCH)
    vector('x25519_lower_case', NO_MATCH, sealed(OURS.replace(b'X25519', b'x25519')))
    refused('no_argument', [])
    refused('two_arguments', [share, b'argument'])
    refused('share_twice', [share, share])
    refused('short_share', [b64(SHARE[:31])])
    refused('long_share', [b64(SHARE + b'\0')])
    refused('padded_share', [share + b'='])
    refused('share_not_canonical', [loosened(share)])
    refused('share_in_hex', [SHARE.hex().encode()])
    refused('share_url_alphabet', [share[:40] + b'-_A'])
    refused('short_body', [share], BODY[:31])
    refused('long_body', [share], BODY + b'\0')
    refused('empty_body', [share], b'')
    wide = wrap(WRAP_KEY, FILE_KEY + b'\0')
    refused('wide_file_key', [share], wide, comment='authentic, but of 17 bytes')
    low = {
        'zero': 0, 'one': 1, 'order_8': 0x00B8495F16056286FDB1329CEB8D09DA6AC49FF1FAE35616AEB8413B7C7AEBE0,
        'order_8_other': 0x57119FD0DD4E22D8868E1C58C45C44045BEF839C55B1D0B1248C50A3BC959C5F,
        'p_minus_1': age.P - 1, 'p': age.P, 'p_plus_1': age.P + 1,
    }
    for name, u in low.items():
        point = u.to_bytes(32, 'little')
        assert age.x25519(SCALAR, point) == bytes(32), name
        refused('low_order_' + name, [b64(point)])
    key = hkdf(bytes(32), bytes(32) + POINT, b'age-encryption.org/v1/X25519')
    refused('low_order_that_opens', [b64(bytes(32))], wrap(key, FILE_KEY),
            comment='sealed under the all-zero secret, which everybody knows')
    vector('x25519_malformed_before_ours', HEADER,
           sealed(stanza(b'X25519', share, b'argument', body=BODY), OURS))
    opens('x25519_malformed_behind_ours',
          sealed(OURS, stanza(b'X25519', share, b'argument', body=BODY)),
          comment='a stanza is looked into when it is tried')


def scrypt_vectors():
    salt, password = fixed('salt', 16), b'password'
    good = age.scrypt_stanza(FILE_KEY, password, salt, 10)
    body = wrap(age.scrypt_key(password, salt, 10), FILE_KEY)
    with_password = {'identities': [], 'passphrases': ['password']}

    def refused(name, arguments, wrapped=body, expect=HEADER, **rest):
        vector('scrypt_' + name, expect, sealed(stanza(b'scrypt', *arguments, body=wrapped)),
               **{**with_password, **rest})

    opens('scrypt', sealed(good), **with_password)
    opens('scrypt_work_factor_1', sealed(age.scrypt_stanza(FILE_KEY, password, salt, 1)),
          **with_password)
    opens('scrypt_second_passphrase', sealed(good), identities=[],
          passphrases=['something else', 'password'])
    for name, text in (('spaces', ' two  words '), ('utf8', 'pässwörd'), ('long', 'x' * 300)):
        opens('scrypt_passphrase_' + name,
              sealed(age.scrypt_stanza(FILE_KEY, text.encode(), salt, 10)), identities=[],
              passphrases=[text])
    opens('scrypt_and_an_identity', sealed(good), identities=[IDENTITY], passphrases=['password'])
    vector('scrypt_no_match', NO_MATCH, sealed(good), identities=[], passphrases=['Password'])
    vector('scrypt_identity_alone', NO_MATCH, sealed(good))
    refused('damaged_body', [b64(salt), b'10'], damaged(body), NO_MATCH)
    refused('other_work_factor', [b64(salt), b'11'], expect=NO_MATCH)
    vector('scrypt_upper_case', NO_MATCH, sealed(good.replace(b'scrypt', b'SCRYPT')),
           **with_password)
    for name, text in (('23', b'23'), ('64', b'64'), ('overflow', b'18446744073709551626'),
                       ('zero', b'0'), ('leading_zero', b'010'), ('plus', b'+10'),
                       ('minus', b'-10'), ('hex', b'0xa'), ('letter', b'10a'), ('point', b'10.0'),
                       ('exponent', b'1e1'), ('letters', b'ten')):
        refused('work_factor_' + name, [b64(salt), text])
    refused('no_arguments', [])
    refused('one_argument', [b64(salt)])
    refused('three_arguments', [b64(salt), b'10', b'argument'])
    refused('arguments_exchanged', [b'10', b64(salt)])
    refused('short_salt', [b64(salt[:15]), b'10'])
    refused('long_salt', [b64(salt + b'\0'), b'10'])
    refused('padded_salt', [b64(salt) + b'==', b'10'])
    refused('salt_not_canonical', [loosened(b64(salt)), b'10'])
    refused('short_body', [b64(salt), b'10'], body[:31])
    refused('long_body', [b64(salt), b'10'], body + b'\0')
    refused('empty_body', [b64(salt), b'10'], b'')
    both = {'identities': [IDENTITY], 'passphrases': ['password']}
    alone = 'a passphrase stanza beside another: whoever wrote the file need not know both'
    for name, stanzas in (('twice', [good, good]), ('unknown_before', [UNKNOWN, good]),
                          ('unknown_behind', [good, UNKNOWN]), ('x25519_before', [OURS, good]),
                          ('x25519_behind', [good, OURS])):
        vector('scrypt_mixed_' + name, HEADER, sealed(*stanzas), comment=alone, **both)
        vector('scrypt_mixed_%s_passphrase' % name, HEADER, sealed(*stanzas), **with_password)
    vector('scrypt_mixed_identity', HEADER, sealed(OURS, good),
           comment='refused when it is read: the identity alone would open it')


def ssh_ed25519_vectors():
    seed, other = fixed('ssh seed', 32), fixed('other ssh seed', 32)
    tag, share, body = age.ssh_ed25519_parts(FILE_KEY, seed, EPHEMERAL)
    key, other_key = age.ssh_ed25519_private(seed), age.ssh_ed25519_private(other)
    ours = {'identities': [], 'ssh': [key]}

    def refused(name, arguments, wrapped=body, expect=HEADER, **rest):
        vector('ssh_ed25519_' + name, expect,
               sealed(stanza(b'ssh-ed25519', *arguments, body=wrapped)), **{**ours, **rest})

    good = stanza(b'ssh-ed25519', tag, share, body=body)
    opens('ssh_ed25519', sealed(good), **ours)
    opens('ssh_ed25519_second_identity', sealed(good), identities=[], ssh=[other_key, key])
    opens('ssh_ed25519_behind_x25519', sealed(THEIRS, good), identities=[IDENTITY], ssh=[key])
    vector('ssh_ed25519_no_match', NO_MATCH, sealed(good), identities=[], ssh=[other_key])
    vector('ssh_ed25519_as_x25519', NO_MATCH, sealed(good),
           identities=[identity_text(age.ed25519_scalar(seed))],
           comment='the identity that ssh-to-age makes of the key is another')
    point = age.x25519_base(age.ed25519_scalar(seed))
    vector('ssh_ed25519_x25519_stanza', NO_MATCH,
           sealed(age.x25519_stanza(FILE_KEY, point, EPHEMERAL)), **ours)
    other_tag = age.ssh_ed25519_parts(FILE_KEY, other, EPHEMERAL)[0]
    refused('other_tag', [other_tag, share], expect=NO_MATCH)
    vector('ssh_ed25519_upper_case', NO_MATCH, sealed(good.replace(b'ssh-ed', b'SSH-ED')), **ours)
    refused('damaged_body', [tag, share], damaged(body), NO_MATCH)
    opens('ssh_ed25519_behind_damaged',
          sealed(stanza(b'ssh-ed25519', tag, share, body=damaged(body)), good), **ours)
    refused('no_tag', [share])
    refused('no_share', [tag])
    refused('no_arguments', [])
    refused('three_arguments', [tag, share, b'argument'])
    refused('arguments_exchanged', [share, tag])
    refused('short_share', [tag, b64(SHARE[:31])])
    refused('share_not_canonical', [tag, loosened(share)])
    refused('low_order', [tag, b64(bytes(32))])
    refused('short_body', [tag, share], body[:31])
    refused('long_body', [tag, share], body + b'\0')


def ssh_rsa_vectors():
    key, other = rsa.Key(b'vector', 2048), rsa.Key(b'other', 2048)
    seed = fixed('oaep', 32)
    body = key.seal(FILE_KEY, seed)
    ours = {'identities': [], 'ssh': [key.private()]}

    def refused(name, arguments, wrapped=body, expect=HEADER, **rest):
        vector('ssh_rsa_' + name, expect,
               sealed(stanza(b'ssh-rsa', *arguments, body=wrapped)), **{**ours, **rest})

    good = stanza(b'ssh-rsa', key.tag, body=body)
    opens('ssh_rsa', sealed(good), **ours)
    opens('ssh_rsa_second_identity', sealed(good), identities=[], ssh=[other.private(),
                                                                       key.private()])
    opens('ssh_rsa_behind_x25519', sealed(THEIRS, good), identities=[IDENTITY],
          ssh=[key.private()])
    odd = rsa.Key(b'odd', 3072)
    opens('ssh_rsa_3072', sealed(stanza(b'ssh-rsa', odd.tag, body=odd.seal(FILE_KEY, seed))),
          identities=[], ssh=[odd.private()], comment='a body of full lines, so an empty one behind')
    vector('ssh_rsa_no_match', NO_MATCH, sealed(good), identities=[], ssh=[other.private()])
    vector('ssh_rsa_upper_case', NO_MATCH, sealed(good.replace(b'ssh-rsa', b'SSH-RSA')), **ours)
    vector('ssh_rsa_hmac', HMAC, sealed(good, UNKNOWN).replace(UNKNOWN, b''), **ours)
    refused('other_tag', [other.tag], expect=NO_MATCH)
    refused('damaged_body', [key.tag], damaged(body), NO_MATCH)
    refused('for_another', [key.tag], other.seal(FILE_KEY, seed), NO_MATCH)
    refused('without_label', [key.tag], key.seal(FILE_KEY, seed, b''), NO_MATCH)
    opens('ssh_rsa_behind_damaged',
          sealed(stanza(b'ssh-rsa', key.tag, body=damaged(body)), good), **ours)
    refused('no_tag', [])
    refused('two_arguments', [key.tag, b'argument'])


def hybrid_vectors():
    seed, other = fixed('hybrid seed', 32), fixed('other hybrid seed', 32)
    prefix = 'AGE-SECRET-KEY-PQ-'
    ours, theirs = age.bech32(prefix, seed), age.bech32(prefix, other)
    sent, body = age.Hybrid(seed).parts(FILE_KEY, fixed('message', 32), EPHEMERAL)
    good = stanza(b'mlkem768x25519', b64(sent), body=body)
    elses = stanza(b'mlkem768x25519', b64(age.Hybrid(other).parts(
        FILE_KEY, fixed('message', 32), EPHEMERAL)[0]), body=body)

    def refused(name, arguments, wrapped=body, expect=HEADER, **rest):
        vector('hybrid_' + name, expect,
               sealed(stanza(b'mlkem768x25519', *arguments, body=wrapped)),
               **{'identities': [ours], **rest})

    opens('hybrid', sealed(good), identities=[ours])
    opens('hybrid_second_stanza', sealed(elses, good), identities=[ours])
    opens('hybrid_second_identity', sealed(good), identities=[theirs, ours])
    opens('hybrid_and_x25519', sealed(good, THEIRS), identities=[ours],
          comment='no writer mixes them; a reader need not mind')
    opens('hybrid_and_x25519_by_x25519', sealed(good, OURS))
    opens('hybrid_both_identities', sealed(THEIRS, good), identities=[IDENTITY, ours])
    opens('armor_hybrid', age.armor(sealed(good)), identities=[ours], armored=True)
    vector('hybrid_no_match', NO_MATCH, sealed(good), identities=[theirs])
    vector('hybrid_x25519_identity', NO_MATCH, sealed(good))
    vector('hybrid_hmac', HMAC, sealed(good, UNKNOWN).replace(UNKNOWN, b''), identities=[ours])
    vector('hybrid_upper_case', NO_MATCH, sealed(good.replace(b'mlkem', b'MLKEM')),
           identities=[ours])
    refused('damaged_mlkem', [b64(damaged(sent, 0))], expect=NO_MATCH,
            comment='ML-KEM gives another secret then, and no error')
    refused('damaged_mlkem_end', [b64(damaged(sent, 1087))], expect=NO_MATCH)
    refused('damaged_share', [b64(damaged(sent, 1088))], expect=NO_MATCH)
    refused('damaged_body', [b64(sent)], damaged(body), NO_MATCH)
    refused('mlkem_of_zeros', [b64(bytes(1088) + sent[1088:])], expect=NO_MATCH)
    refused('share_of_zeros', [b64(sent[:1088] + bytes(32))])
    refused('low_order', [b64(sent[:1088] + (age.P - 1).to_bytes(32, 'little'))])
    refused('no_argument', [])
    refused('two_arguments', [b64(sent), b'argument'])
    refused('short', [b64(sent[:-1])])
    refused('long', [b64(sent + b'\0')])
    refused('without_share', [b64(sent[:1088])])
    refused('x25519_share', [b64(SHARE)])
    refused('padded', [b64(sent) + b'=='])
    refused('not_canonical', [loosened(b64(sent))])
    refused('short_body', [b64(sent)], body[:31])
    refused('long_body', [b64(sent)], body + b'\0')
    refused('empty_body', [b64(sent)], b'')
    vector('hybrid_malformed_before_ours', HEADER,
           sealed(stanza(b'mlkem768x25519', body=body), good), identities=[ours])
