/*
 * portcullisctl: answers questions about a configuration, offline and with
 * the functions that the server decides with.
 */
#include <stdio.h>
#include <string.h>

#include "server/ctl/complain.h"
#include "server/ctl/ctl.h"

static const char usage[] =
    "usage: portcullisctl command [arguments]\n"
    "  explain   may a user forward that, and which line says so?\n"
    "  test      do the expectations in these files hold?\n"
    "  diff      what do two configurations decide differently?\n"
    "  help      this text\n"
    "  version   the version of this program\n"
    "See portcullisctl(1).\n";

static int
print_help(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    return fputs(usage, stdout) < 0 ? CTL_IMPOSSIBLE : CTL_OK;
}

static int
print_version(int argc, char *argv[])
{
    (void)argc;
    (void)argv;
    return printf("Portcullis %s\n", PORTCULLIS_VERSION) < 0 ? CTL_IMPOSSIBLE
                                                             : CTL_OK;
}

static const struct {
    const char *name;
    int (*run)(int argc, char *argv[]);
} commands[] = {
    {"explain", explain_run},   {"test", verify_run},
    {"diff", compare_run},      {"help", print_help},
    {"--help", print_help},     {"-h", print_help},
    {"version", print_version}, {"--version", print_version},
    {"-V", print_version},
};

int
main(int argc, char *argv[])
{
    static char name[] = "portcullisctl"; /* for getopt's complaints */
    struct diag diag = {0};

    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]);
         i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            argv[1] = name;
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    diag_fail(&diag, 0, argc > 1 ? "unknown command '%.100s'" : "%.100s",
              argc > 1 ? argv[1] : "a command is missing");
    return complain_usage(&diag, usage, CTL_USAGE);
}
