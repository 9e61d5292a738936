/* Passwords without PAM (UsePAM no), as sshd checks them. */
#include "server/monitor/shadow.h"

#include <crypt.h>
#include <shadow.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECONDS_PER_DAY 86400

static enum shadow_state
state_of(const struct spwd *sp, long today)
{
    if (sp->sp_pwdp != NULL && sp->sp_pwdp[0] == '!') {
        return SHADOW_LOCKED;
    }
    if (sp->sp_expire >= 0 && today >= sp->sp_expire) {
        return SHADOW_EXPIRED;
    }
    if (sp->sp_lstchg == 0 || (sp->sp_lstchg >= 0 && sp->sp_max >= 0 &&
                               today > sp->sp_lstchg + sp->sp_max)) {
        return SHADOW_PASSWORD_EXPIRED;
    }
    return SHADOW_OK;
}

enum shadow_state
shadow_state(const struct user *user)
{
    const struct spwd *sp = getspnam(user->name);

    if (sp == NULL) {
        return SHADOW_OK;
    }
    return state_of(sp, (long)(time(NULL) / SECONDS_PER_DAY));
}

/* Equal without telling by time how far. */
static bool
same_text(const char *a, const char *b)
{
    size_t size = strlen(a);
    unsigned char difference = 0;

    if (size != strlen(b)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        difference |= (unsigned char)(a[i] ^ b[i]);
    }
    return difference == 0;
}

/* A salt that costs what a freshly set password costs here. */
static const char *
nobodys_salt(char out[CRYPT_GENSALT_OUTPUT_SIZE])
{
    if (crypt_gensalt_rn(NULL, 0, NULL, 0, out, CRYPT_GENSALT_OUTPUT_SIZE) ==
        NULL) {
        return "$6$portcullis$";
    }
    return out;
}

bool
shadow_password_is(const struct user *user, const char *password)
{
    const struct spwd *sp = user == NULL ? NULL : getspnam(user->name);
    bool known = sp != NULL && sp->sp_pwdp != NULL && sp->sp_pwdp[0] != '\0';
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data *work = calloc(1, sizeof(*work));
    const char *hash = NULL;
    bool ok = false;

    if (work == NULL) {
        return false;
    }
    hash = crypt_r(password, known ? sp->sp_pwdp : nobodys_salt(salt), work);
    ok =
        known && hash != NULL && hash[0] != '*' && same_text(hash, sp->sp_pwdp);
    explicit_bzero(work, sizeof(*work));
    free(work);
    return ok;
}
