/* From "%h/.ssh/authorized_keys" to a path. */
#include "server/auth/tokens.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* used < PATH_MAX; text is terminated. */
struct path {
    char *text;
    size_t used;
};

static bool
path_add(struct path *path, const char *text, size_t size)
{
    if (PATH_MAX - path->used <= size) {
        return false;
    }
    memcpy(path->text + path->used, text, size);
    path->used += size;
    path->text[path->used] = '\0';
    return true;
}

/* What "%c" stands for; NULL when it is no token. */
static const char *
token_value(char c, const struct keys_account *account, const char *uid)
{
    switch (c) {
    case '%':
        return "%";
    case 'h':
        return account->home;
    case 'u':
        return account->user;
    case 'U':
        return uid;
    default:
        return NULL;
    }
}

static int
replace_tokens(struct path *path, const char *text,
               const struct keys_account *account, struct diag *reterr)
{
    char uid[24];

    snprintf(uid, sizeof(uid), "%llu", (unsigned long long)account->uid);
    while (*text != '\0') {
        size_t plain = strcspn(text, "%");
        const char *value = text;
        size_t size = plain;

        if (plain == 0) {
            value = token_value(text[1], account, uid);
            if (value == NULL) {
                return diag_fail(reterr, -EINVAL, "unknown token %%%.1s",
                                 text + 1);
            }
            size = strlen(value);
            plain = 2;
        }
        if (!path_add(path, value, size)) {
            return diag_fail(reterr, -ENAMETOOLONG, "path is too long");
        }
        text += plain;
    }
    return 0;
}

int
tokens_expand(const char *text, const struct keys_account *account,
              char out[PATH_MAX], struct diag *reterr)
{
    char expanded[PATH_MAX] = "";
    struct path relative = {.text = expanded};
    struct path path = {.text = out};
    int r = replace_tokens(&relative, text, account, reterr);

    if (r < 0) {
        return r;
    }
    out[0] = '\0';
    if (expanded[0] != '/' &&
        (!path_add(&path, account->home, strlen(account->home)) ||
         !path_add(&path, "/", 1))) {
        return diag_fail(reterr, -ENAMETOOLONG, "path is too long");
    }
    if (!path_add(&path, expanded, relative.used)) {
        return diag_fail(reterr, -ENAMETOOLONG, "path is too long");
    }
    return 0;
}
