#include "server/listener/host_key_files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/policy.h"
#include "server/config/file_bytes.h"
#include "server/listener/portcullisd.h"

/* sshd's rule (sshkey_perm_ok): our own keys are closed to all others. */
static int
check_closed(void *arg, const struct stat *st)
{
    mode_t *mode = arg;

    *mode = st->st_mode & 07777;
    if (st->st_uid == getuid() && (st->st_mode & 077) != 0) {
        return -EKEYREJECTED;
    }
    return S_ISDIR(st->st_mode) ? -EISDIR : 0;
}

/* Word for word, because people search for it. */
static void
say_unprotected(const struct say *to, const char *path, mode_t mode)
{
    static const char line[] =
        "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@";

    say(to, LOG_LEVEL_ERROR, "%s", line);
    say(to, LOG_LEVEL_ERROR,
        "@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @");
    say(to, LOG_LEVEL_ERROR, "%s", line);
    say(to, LOG_LEVEL_ERROR, "Permissions 0%3.3o for '%s' are too open.",
        (unsigned)mode & 0777U, path);
    say(to, LOG_LEVEL_ERROR,
        "It is required that your private key files "
        "are NOT accessible by others.");
    say(to, LOG_LEVEL_ERROR, "This private key will be ignored.");
}

static void
say_unusable(const struct say *to, const char *path, bool required, int r,
             mode_t mode)
{
    enum log_level level =
        required || r != -ENOENT ? LOG_LEVEL_ERROR : LOG_LEVEL_DEBUG1;

    if (r == -EKEYREJECTED) {
        say_unprotected(to, path, mode);
        say(to, LOG_LEVEL_ERROR,
            "Unable to load host key \"%s\": bad permissions", path);
    } else if (r != -ENOENT) {
        say(to, level, "Unable to load host key \"%s\": %s", path,
            strerror(-r));
    }
    say(to, level, "Unable to load host key: %s", path);
}

static bool
is_listed(const struct host_key_files *f, const char *path)
{
    for (size_t i = 0; i < f->count; i++) {
        if (strcmp(f->list[i].path, path) == 0) {
            return true;
        }
    }
    return false;
}

static int
read_one(const struct text_item *name, const struct say *to,
         struct host_key_files *files)
{
    bool required = !policy_is_default(&name->from);
    struct file_bytes bytes = {0};
    mode_t mode = 0;
    int r = file_bytes_read(name->text, HOST_KEY_BYTES_MAX, check_closed, &mode,
                            &bytes);

    if (r == -ENOMEM) {
        return r;
    }
    if (r < 0) {
        say_unusable(to, name->text, required, r, mode);
        return 0;
    }
    files->list[files->count++] = (struct bundle_host_key){
        .path = name->text,
        .text = {(const uint8_t *)bytes.data, bytes.size},
        .required = required,
    };
    return 0;
}

int
host_key_files_read(const struct texts_setting *names, const struct say *to,
                    struct host_key_files *ret)
{
    int r = 0;

    *ret = (struct host_key_files){0};
    for (size_t i = 0; r == 0 && i < names->count; i++) {
        const char *path = names->list[i].text;

        if (is_listed(ret, path)) {
            continue;
        }
        if (ret->count == BUNDLE_HOST_KEY_MAX) {
            say(to, LOG_LEVEL_ERROR, "too many host keys, ignoring %s", path);
            continue;
        }
        r = read_one(&names->list[i], to, ret);
    }
    if (r < 0) {
        host_key_files_done(ret);
    }
    return r;
}

void
host_key_files_done(struct host_key_files *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct file_bytes bytes = {
            .data = (void *)(uintptr_t)f->list[i].text.data,
            .size = f->list[i].text.size,
        };

        file_bytes_done(&bytes);
    }
    *f = (struct host_key_files){0};
}
