/*
 * Stands in for libFuzzer in ordinary builds: runs the target once on every
 * file of the folders that are named, and on every prefix of the small ones.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20) /* bytes of one corpus file */
#define PREFIX_MAX 512      /* files up to this size also run cut short */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
    uint8_t *data = malloc(INPUT_MAX);
    FILE *file = fopen(path, "rb");
    size_t size;

    if (data == NULL || file == NULL) {
        fprintf(stderr, "%s: cannot read\n", path);
        return 1;
    }
    size = fread(data, 1, INPUT_MAX, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    for (size_t n = 0; size <= PREFIX_MAX && n < size; n++) {
        LLVMFuzzerTestOneInput(data, n);
    }
    free(data);
    return 0;
}

static int
replay_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    int count = 0;

    if (dir == NULL) {
        fprintf(stderr, "%s: no corpus\n", folder);
        return 1;
    }
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        char path[4096];

        if (e->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
        if (replay_file(path) != 0) {
            closedir(dir);
            return 1;
        }
        count++;
    }
    closedir(dir);
    printf("%s: %d files\n", folder, count);
    return count == 0;
}

int
main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (replay_folder(argv[i]) != 0) {
            return 1;
        }
    }
    return argc < 2;
}
