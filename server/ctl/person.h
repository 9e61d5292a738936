#ifndef SERVER_CTL_PERSON_H
#define SERVER_CTL_PERSON_H

#include "policy/policy.h"

#define PERSON_GROUP_MAX 32
#define PERSON_ADDRESS_MAX 16

/* Somebody whom no line of a sensible configuration names. */
#define PERSON_UNNAMED "unnamed-user"

/*
 * Who is asked about, fact by fact.  What is not known makes the criteria of
 * Match that need it false.  Texts are borrowed.
 */
struct person {
    const char *user; /* NULL: PERSON_UNNAMED */
    const char *groups[PERSON_GROUP_MAX];
    size_t group_count;
    const char *host; /* NULL: as it is without UseDNS, the address */
    struct address from;
    char from_text[ADDRESS_TEXT_MAX]; /* "UNKNOWN" when it is not known */
    struct address local_address;
    uint16_t local_port;
    /* What the host of the request resolves to, in this order. */
    struct address addresses[PERSON_ADDRESS_MAX];
    size_t address_count;
};

void person_init(struct person *p);

/* "user", "from", "group", "host", "local-address", "local-port" or
 * "address"? */
bool person_has(const char *name);

/*
 * Set the fact of that name; groups and addresses add up, the others may be
 * set once.  Returns 0 or -EINVAL with words that name the fact.
 */
int person_set(struct person *p, const char *name, const char *value,
               struct diag *reterr);

/* As policy wants it; points into *p. */
struct identity person_identity(const struct person *p);

#endif
