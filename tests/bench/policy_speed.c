/*
 * What reading costs, by size.  Run by hand:
 *
 *   build/bench/policy_speed
 *
 * Long files, many Match blocks, long lines and keys with many permits are
 * parsed; each row shows the CPU time of one reading, that to resolve it for
 * one user, and the memory of the process.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "policy/arena.h"
#include "policy/policy.h"
#include "policy/printout.h"
#include "server/auth/key_options.h"

#define ROUNDS 5

typedef void line_fn(struct printout *out, unsigned i);

static void
plain_line(struct printout *out, unsigned i)
{
    static const char *const lines[] = {
        "PermitRootLogin no", "AllowTcpForwarding local",
        "MaxAuthTries 3",     "Banner /etc/issue.net",
        "# a comment",        "LoginGraceTime 1m"};

    printout_add(out, "%s\n", lines[i % (sizeof(lines) / sizeof(lines[0]))]);
}

static void
user_line(struct printout *out, unsigned i)
{
    printout_add(out, "AllowUsers user%u@10.%u.0.0/16\n", i, i % 256);
}

static void
block_lines(struct printout *out, unsigned i)
{
    printout_add(out, "Match User user%u Address 10.%u.0.0/16\n", i, i % 256);
    printout_add(out, "    PermitOpen host%u:22\n", i);
}

static void
permit(struct printout *out, unsigned i)
{
    printout_add(out, "%shost%u.example.org:%u", i == 0 ? "PermitOpen " : " ",
                 i, 1 + i % 60000);
}

static void
complain(void *arg, const struct diag *diag)
{
    (void)arg;
    fprintf(stderr, "line %u: %s\n", diag->line, diag->text);
}

static double
cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The least time of some rounds: what lies above it is the machine's. */
static int
measure(const char *what, unsigned count, line_fn *write)
{
    static const struct facts facts = {.version = "OpenSSH_10.5"};
    struct identity who = {.user = "user7", .host = "10.7.0.1"};
    struct printout text = {0};
    struct sources sources = {.main = {.name = "f"}};
    struct rusage usage;
    double parse_ms = 1e9;
    double resolve_ms = 1e9;
    int r = address_parse("10.7.0.1", &who.address);

    for (unsigned i = 0; i < count; i++) {
        write(&text, i);
    }
    sources.main.text = text.text;
    sources.main.size = text.size;
    for (int i = 0; r == 0 && i < ROUNDS; i++) {
        const struct settings *settings = NULL;
        struct policy *policy = NULL;
        double start = cpu_ms();
        double parsed;

        r = policy_parse(&sources, &facts, complain, NULL, &policy);
        parsed = cpu_ms();
        if (r == 0) {
            r = policy_resolve(policy, &who, complain, NULL, &settings);
        }
        parse_ms = parsed - start < parse_ms ? parsed - start : parse_ms;
        resolve_ms =
            cpu_ms() - parsed < resolve_ms ? cpu_ms() - parsed : resolve_ms;
        policy_free(policy);
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%-28s %7u %9zu KiB %9.2f ms %9.2f ms %8ld KiB\n", what, count,
           text.size / 1024, parse_ms, resolve_ms, usage.ru_maxrss);
    printout_done(&text);
    return r;
}

/* permitopen="..." as often as a line of a keys file may say it. */
static int
measure_key(void)
{
    struct printout text = {0};
    double least_ms = 1e9;
    int r = 0;

    for (unsigned i = 0; i < KEY_PERMITS_MAX; i++) {
        printout_add(&text, "%spermitopen=\"host%u:22\"", i > 0 ? "," : "", i);
    }
    for (int i = 0; r == 0 && i < ROUNDS; i++) {
        struct arena *arena = arena_new();
        const struct key_options_context context = {.arena = arena,
                                                    .from = {"keys", 1}};
        struct key_options options = {0};
        struct diag err = {0};
        double start = cpu_ms();

        r = key_options_parse((struct key_text){text.text, text.size}, &context,
                              &options, &err);
        least_ms = cpu_ms() - start < least_ms ? cpu_ms() - start : least_ms;
        arena_free(arena);
    }
    printf("%-28s %7d %9zu KiB %9.2f ms\n", "permits of a key", KEY_PERMITS_MAX,
           text.size / 1024, least_ms);
    printout_done(&text);
    return r;
}

int
main(void)
{
    int r = 0;

    printf("%-28s %7s %13s %12s %12s %12s\n", "", "count", "text", "parse",
           "resolve", "at most");
    r |= measure("lines", 10000, plain_line);
    r |= measure("lines", 100000, plain_line);
    r |= measure("AllowUsers lines", 10000, user_line);
    r |= measure("permits on one line", 4096, permit);
    r |= measure("Match blocks", 1000, block_lines);
    r |= measure("Match blocks", 10000, block_lines);
    r |= measure_key();
    return r == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
