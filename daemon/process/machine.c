#include "process/machine.h"

#include <endian.h>

#define POINTER_BYTES 8

const char *machine_fault(size_t pointer_bytes, bool is_little_endian) {
    if (pointer_bytes != POINTER_BYTES) {
        return is_little_endian ? "32-bit" : "32-bit and big-endian";
    }
    return is_little_endian ? NULL : "big-endian";
}

int machine_check(struct problem *problem) {
    const char *fault = machine_fault(sizeof(void *), __BYTE_ORDER == __LITTLE_ENDIAN);

    if (fault == NULL) {
        return 0;
    }
    return problem_set(problem, GK_E_INTERNAL,
            "a 64-bit, little-endian machine is needed, such as x86-64 or arm64; this one "
            "is %s",
            fault);
}
