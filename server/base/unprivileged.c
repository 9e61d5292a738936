/* One number of the kernel's. */
#include "server/base/unprivileged.h"

#include <stdbool.h>
#include <stdio.h>

#define PATH "/proc/sys/net/ipv4/ip_unprivileged_port_start"
#define KERNELS_DEFAULT 1024

static uint32_t
read_start(void)
{
    FILE *file = fopen(PATH, "re");
    unsigned value = 0;
    bool ok = false;

    if (file == NULL) {
        return KERNELS_DEFAULT;
    }
    ok = fscanf(file, "%u", &value) == 1;
    fclose(file);
    return ok ? value : KERNELS_DEFAULT;
}

uint32_t
unprivileged_start(void)
{
    static bool is_known;
    static uint32_t start;

    if (!is_known) {
        start = read_start();
        is_known = true;
    }
    return start;
}
