#include <sys/prctl.h>

#include "common/erase.h"
#include "program.h"

int main(int argc, char **argv) {
    erase_freed();
    /*
     * No core file, and no access by other processes. A program that `ghostctl run` executes is not
     * affected. The call fails only for other numbers than 0 and 1.
     */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return program_main(argc, argv);
}
