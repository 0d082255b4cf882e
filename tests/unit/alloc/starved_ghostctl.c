/*
 * ghostctl whose n-th allocation fails: `starved_ghostctl N ARGUMENT...`. At its end it prints on
 * standard output whether that allocation came.
 */
#include <stdlib.h>
#include <unistd.h>

#include "allocation.h"
#include "program.h"

static void say(void) {
    if (allocation_stop()) {
        (void)!write(STDOUT_FILENO, "came\n", 5); /* without it the test fails by itself */
    }
}

int main(int argc, char **argv) {
    size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;

    if (n == 0 || atexit(say) != 0) {
        return 2;
    }
    argv[1] = argv[0];
    allocation_fail_at(n);
    return program_main(argc - 1, argv + 1);
}
