#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/ipc/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What decodes is exactly what encoding it again gives. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bundle b = {0};
    uint8_t *again = NULL;

    if (bundle_decode(data, size, &b) < 0) {
        assert(b.storage == NULL);
        return 0;
    }
    again = malloc(size);
    if (again != NULL) {
        assert(bundle_size(&b) == size);
        assert(bundle_encode(&b, again, size) == (long)size);
        assert(memcmp(again, data, size) == 0);
    }
    free(again);
    bundle_done(&b);
    return 0;
}
