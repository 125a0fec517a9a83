/* Stands in for libFuzzer where there is no clang: runs the files that it is given, then random mutations of them.
 *
 *   replay <runs> <seed> <file>... */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_BYTES_MAX 4096
#define FILES_MAX 256
#define CHANGES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct input {
    size_t size;
    uint8_t data[INPUT_BYTES_MAX];
} input_t;

static input_t inputs[FILES_MAX];
static uint32_t random_state;

/* Marsaglia, "Xorshift RNGs", 2003. */
static uint32_t random_below(uint32_t limit) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state % limit;
}

static void mutate(input_t *input) {
    const uint32_t changes = 1 + random_below(CHANGES_MAX);
    for (uint32_t i = 0; i < changes && input->size > 0; i++) {
        const size_t at = random_below((uint32_t)input->size);
        switch (random_below(4)) {
        case 0:
            input->data[at] ^= (uint8_t)(1u << random_below(8));
            break;
        case 1:
            input->data[at] = (uint8_t)random_below(256);
            break;
        case 2:
            input->size--;
            memmove(input->data + at, input->data + at + 1, input->size - at);
            break;
        default:
            if (input->size < INPUT_BYTES_MAX) {
                memmove(input->data + at + 1, input->data + at, input->size - at);
                input->data[at] = (uint8_t)random_below(256);
                input->size++;
            }
            break;
        }
    }
}

/* A copy of exact size on the heap lets AddressSanitizer see a read past the end. */
static void run(const input_t *input) {
    uint8_t *copy = malloc(input->size);
    memcpy(copy, input->data, input->size);
    LLVMFuzzerTestOneInput(copy, input->size);
    free(copy);
}

static int load(input_t *input, const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 0;
    }
    input->size = fread(input->data, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4 || argc - 3 > FILES_MAX) {
        fputs("usage: replay <runs> <seed> <file>...\n", stderr);
        return 2;
    }
    const uint32_t count = (uint32_t)argc - 3;
    for (uint32_t i = 0; i < count; i++) {
        if (!load(&inputs[i], argv[3 + i])) {
            return 2;
        }
        run(&inputs[i]);
    }
    random_state = (uint32_t)atol(argv[2]) | 1;
    const long runs = atol(argv[1]);
    for (long i = 0; i < runs; i++) {
        static input_t input;
        input = inputs[random_below(count)];
        mutate(&input);
        run(&input);
    }
    printf("%ld runs\n", runs + (long)count);
    return 0;
}
