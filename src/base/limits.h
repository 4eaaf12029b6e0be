#ifndef ML_BASE_LIMITS_H
#define ML_BASE_LIMITS_H

/* limits.h — every limit of every parser, in one table. The manual (moonlatch(1), LIMITS) is made
 * from these lines; reaching one is an error with code "limit" that names the limit, never a crash.
 */
enum {
    ML_LIMIT_DEPTH = 512,                    /* nesting of a YAML or JSON document */
    ML_LIMIT_FILE = 256 * 1024 * 1024,       /* bytes of a document, or of anything read whole */
    ML_LIMIT_NODES = 8 * 1024 * 1024,        /* nodes of one document */
    ML_LIMIT_ALIAS_BYTES = 16 * 1024 * 1024, /* bytes that expanding aliases may add */
    ML_LIMIT_TAG_HANDLES = 64,               /* %TAG directives of one YAML document */
    ML_LIMIT_WALK_FILE =
        64 * 1024 * 1024, /* larger files are passed over by the walk, with a note */
    ML_LIMIT_KEY_FILE = 16 * 1024 * 1024,     /* an age key file */
    ML_LIMIT_KEY_LINES = 100000,              /* lines of an age key file */
    ML_LIMIT_SSH_KEY = 64 * 1024,             /* an OpenSSH key file */
    ML_LIMIT_AGENT = 256 * 1024,              /* the answer of an SSH agent */
    ML_LIMIT_RSA_BITS = 16384,                /* bits of an RSA key */
    ML_LIMIT_AGE_HEADER = 4 * 1024 * 1024,    /* an age header that is read */
    ML_LIMIT_STANZAS = 4096,                  /* stanzas of one age header that is read */
    ML_LIMIT_AGE_RECIPIENTS = 1024,           /* recipients of one age file: age reads no more */
    ML_LIMIT_PLUGIN = 4 * 1024 * 1024,        /* bytes that an age plugin may say */
    ML_LIMIT_PLUGIN_STANZA = 64 * 1024,       /* bytes of one command of an age plugin */
    ML_LIMIT_RECIPIENTS = 4096,               /* recipients of one sops file */
    ML_LIMIT_KEY_GROUPS = 255,                /* key groups of one sops file */
    ML_LIMIT_SCRYPT_LOG = 22,                 /* scrypt work factor accepted when decrypting */
    ML_LIMIT_SCRYPT_ASKED = 30,               /* the most that it can be set to (1 TiB of memory) */
    ML_LIMIT_BCRYPT_ROUNDS = 2048,            /* rounds of a passphrase-protected SSH key */
    ML_LIMIT_REGEX_PATTERN = 16 * 1024,       /* bytes of a pattern */
    ML_LIMIT_REGEX_WORK = 1000000,            /* PCRE2 steps of one match, all places together */
    ML_LIMIT_REGEX_SIZE = 1000000,            /* instructions of a pattern, counts written out */
    ML_LIMIT_REGEX_DEPTH = 100,               /* groups within groups of a pattern */
    ML_LIMIT_REGEX_SUBJECT = 64 * 1024,       /* bytes that a pattern is tried on */
    ML_LIMIT_JSON_NUMBER = 63,                /* characters of a number in JSON data */
    ML_LIMIT_GLOB = 4096,                     /* bytes of a file name pattern */
    ML_LIMIT_GLOB_DEPTH = 32,                 /* braces within braces of such a pattern */
    ML_LIMIT_CHILD_OUTPUT = 64 * 1024 * 1024, /* bytes kept of a child's output */
    ML_LIMIT_PRIVATE = 256 * 1024 * 1024,     /* bytes of a private folder in memory */
    ML_LIMIT_LINE = 1024 * 1024,              /* bytes of a line typed into the REPL */
    ML_LIMIT_PASSPHRASE = 4096,               /* bytes typed at a prompt */
    ML_LIMIT_WALK_DEPTH = 256,                /* folders within folders */
    ML_LIMIT_WALK_ENTRIES = 1000000,          /* things below one folder */
    ML_LIMIT_TX_ENTRIES = 100000              /* files of one transaction */
};

#endif
