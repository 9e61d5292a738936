/*
 * Algorithm lists.  The tables name what OpenSSH 10.5 can be told to use, so
 * that a file written for it is told apart from a typing error.
 */
#include "policy/algorithms.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/pattern.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct algorithm kex_list[] = {
    {"mlkem768x25519-sha256", PORTCULLIS_POST_QUANTUM},
    {"sntrup761x25519-sha512", PORTCULLIS_POST_QUANTUM},
    {"sntrup761x25519-sha512@openssh.com", PORTCULLIS_POST_QUANTUM},
    {"curve25519-sha256", true},
    {"curve25519-sha256@libssh.org", true},
    {"ecdh-sha2-nistp256", true},
    {"ecdh-sha2-nistp384", true},
    {"ecdh-sha2-nistp521", true},
    {"diffie-hellman-group-exchange-sha256", false},
    {"diffie-hellman-group16-sha512", true},
    {"diffie-hellman-group18-sha512", false},
    {"diffie-hellman-group14-sha256", true},
    {"diffie-hellman-group14-sha1", false},
    {"diffie-hellman-group1-sha1", false},
    {"diffie-hellman-group-exchange-sha1", false},
};

static const struct algorithm cipher_list[] = {
    {"chacha20-poly1305@openssh.com", true},
    {"aes128-gcm@openssh.com", true},
    {"aes256-gcm@openssh.com", true},
    {"aes128-ctr", true},
    {"aes192-ctr", true},
    {"aes256-ctr", true},
    {"3des-cbc", false},
    {"aes128-cbc", false},
    {"aes192-cbc", false},
    {"aes256-cbc", false},
};

static const struct algorithm mac_list[] = {
    {"umac-64-etm@openssh.com", false},
    {"umac-128-etm@openssh.com", false},
    {"hmac-sha2-256-etm@openssh.com", true},
    {"hmac-sha2-512-etm@openssh.com", true},
    {"hmac-sha1-etm@openssh.com", true},
    {"umac-64@openssh.com", false},
    {"umac-128@openssh.com", false},
    {"hmac-sha2-256", true},
    {"hmac-sha2-512", true},
    {"hmac-sha1", true},
    {"hmac-sha1-96", false},
    {"hmac-md5", false},
    {"hmac-md5-96", false},
    {"hmac-sha1-96-etm@openssh.com", false},
    {"hmac-md5-etm@openssh.com", false},
    {"hmac-md5-96-etm@openssh.com", false},
};

/* Types of keys and names of signatures: one name space in SSH. */
static const struct algorithm key_list[] = {
    {"ssh-ed25519", true},
    {"ssh-ed25519-cert-v01@openssh.com", false},
    {"sk-ssh-ed25519@openssh.com", false},
    {"sk-ssh-ed25519-cert-v01@openssh.com", false},
    {"ssh-mldsa44-ed25519@openssh.com", false},
    {"ssh-mldsa44-ed25519-cert-v01@openssh.com", false},
    {"ecdsa-sha2-nistp256", true},
    {"ecdsa-sha2-nistp256-cert-v01@openssh.com", false},
    {"ecdsa-sha2-nistp384", true},
    {"ecdsa-sha2-nistp384-cert-v01@openssh.com", false},
    {"ecdsa-sha2-nistp521", true},
    {"ecdsa-sha2-nistp521-cert-v01@openssh.com", false},
    {"sk-ecdsa-sha2-nistp256@openssh.com", false},
    {"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", false},
    {"webauthn-sk-ecdsa-sha2-nistp256@openssh.com", false},
    {"webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", false},
    {"rsa-sha2-512", true},
    {"rsa-sha2-512-cert-v01@openssh.com", false},
    {"rsa-sha2-256", true},
    {"rsa-sha2-256-cert-v01@openssh.com", false},
    {"ssh-rsa", false},
    {"ssh-rsa-cert-v01@openssh.com", false},
    {"ssh-dss", false},
    {"ssh-dss-cert-v01@openssh.com", false},
};

const struct algorithm_kind algorithms_kex = {"SSH2 KexAlgorithms", false,
                                              kex_list, COUNT(kex_list), false};
const struct algorithm_kind algorithms_ciphers = {
    "SSH2 cipher spec", false, cipher_list, COUNT(cipher_list), false};
const struct algorithm_kind algorithms_macs = {"SSH2 mac spec", false, mac_list,
                                               COUNT(mac_list), false};
const struct algorithm_kind algorithms_keys = {"key types", true, key_list,
                                               COUNT(key_list), false};
const struct algorithm_kind algorithms_ca = {"key types", true, key_list,
                                             COUNT(key_list), true};

/* No family is longer than this. */
#define NAMES_MAX 32
_Static_assert(COUNT(key_list) <= NAMES_MAX, "key_list is too long");
_Static_assert(COUNT(mac_list) <= NAMES_MAX, "mac_list is too long");
_Static_assert(COUNT(kex_list) <= NAMES_MAX, "kex_list is too long");
_Static_assert(COUNT(cipher_list) <= NAMES_MAX, "cipher_list is too long");

/* A chosen order: rows of the family, each at most once. */
struct chosen {
    const struct algorithm *list[NAMES_MAX];
    size_t count;
};

static void
choose(struct chosen *c, const struct algorithm *row)
{
    for (size_t i = 0; i < c->count; i++) {
        if (c->list[i] == row) {
            return;
        }
    }
    c->list[c->count++] = row;
}

static void
note_dropped(struct algorithm_choice *ret, const char *name)
{
    size_t used = strlen(ret->dropped);

    snprintf(ret->dropped + used, sizeof(ret->dropped) - used, "%s%s",
             used > 0 ? "," : "", name);
}

/* Add what one element stands for; false when nobody knows it. */
static bool
choose_element(const struct algorithm_kind *kind, const char *element,
               struct chosen *c, struct algorithm_choice *ret)
{
    bool glob = kind->globs && strpbrk(element, "*?") != NULL;
    bool known = false;

    for (size_t i = 0; i < kind->count; i++) {
        const struct algorithm *row = &kind->list[i];

        if (glob ? !pattern_matches(element, row->name)
                 : strcmp(element, row->name) != 0) {
            continue;
        }
        if (kind->plain && strstr(row->name, "-cert-v01@") != NULL) {
            continue;
        }
        known = true;
        if (row->implemented) {
            choose(c, row);
        } else if (!glob) {
            note_dropped(ret, element);
        }
    }
    return known;
}

/* Longer elements are names that nobody has. */
#define ELEMENT_MAX 128

/* The next element of a comma list; false at the end. */
static bool
next_element(const char **p, char element[ELEMENT_MAX])
{
    size_t len;

    *p += strspn(*p, ",");
    len = strcspn(*p, ",");
    if (len == 0) {
        return false;
    }
    snprintf(element, ELEMENT_MAX, "%.*s",
             (int)(len < ELEMENT_MAX ? len : ELEMENT_MAX - 1), *p);
    *p += len;
    return true;
}

/* Add all of list; text is what the complaint shows. */
static int
choose_list(const struct algorithm_kind *kind, const char *list,
            const char *text, struct chosen *c, struct algorithm_choice *ret,
            struct diag *reterr)
{
    char element[ELEMENT_MAX];
    const char *p = list;

    while (next_element(&p, element)) {
        if (!choose_element(kind, element, c, ret)) {
            return diag_fail(reterr, -EINVAL, "Bad %s '%.200s'.", kind->noun,
                             text);
        }
    }
    return 0;
}

/* Take out of c what the list of patterns matches; "!a" in it keeps a. */
static void
reject_list(const char *list, struct chosen *c)
{
    size_t kept = 0;

    for (size_t i = 0; i < c->count; i++) {
        if (pattern_match_list(list, c->list[i]->name, false) != LIST_MATCH) {
            c->list[kept++] = c->list[i];
        }
    }
    c->count = kept;
}

static int
export_names(const struct chosen *c, struct arena *arena,
             struct algorithm_choice *ret)
{
    const char **names = arena_alloc(arena, c->count * sizeof(*names));

    if (names == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < c->count; i++) {
        names[i] = c->list[i]->name;
    }
    ret->names = names;
    ret->count = c->count;
    return 0;
}

int
algorithms_expand(const struct algorithm_kind *kind, const char *text,
                  const char *dflt, struct arena *arena,
                  struct algorithm_choice *ret, struct diag *reterr)
{
    char sign = *text;
    bool has_sign = sign == '+' || sign == '-' || sign == '^';
    const char *list = text + (has_sign ? 1 : 0);
    struct chosen c = {0};
    int r = 0;

    *ret = (struct algorithm_choice){0};
    if (sign != '-' && list[strspn(list, ",")] == '\0') {
        return diag_fail(reterr, -EINVAL, "Bad %s '%.200s'.", kind->noun, text);
    }
    if (sign == '+' || sign == '-') {
        r = choose_list(kind, dflt, text, &c, ret, reterr);
    }
    if (r == 0 && sign == '-') {
        reject_list(list, &c);
    } else if (r == 0) {
        r = choose_list(kind, list, text, &c, ret, reterr);
    }
    if (r == 0 && sign == '^') {
        r = choose_list(kind, dflt, text, &c, ret, reterr);
    }
    if (r < 0) {
        return r;
    }
    if (c.count == 0) {
        return diag_fail(reterr, -EINVAL,
                         "none of the names in '%.200s' is provided here",
                         text);
    }
    return export_names(&c, arena, ret);
}
