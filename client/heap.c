#include "heap.h"

#include <malloc.h>
#include <string.h>

#include <ghostkey/error.h>

void heap_exhausted(void) {
    static const char message[] = "ghostctl: out of memory\n";

    (void)!write(STDERR_FILENO, message, sizeof(message) - 1); /* the exit status says it too */
    _exit(GK_EXIT_FAILED);
}

void *heap_resize(void *pointer, size_t count, size_t size) {
    void *resized = reallocarray(pointer, count, size);

    if (resized == NULL) {
        heap_exhausted();
    }
    return resized;
}

char *heap_duplicate(const char *text, size_t len) {
    char *copy = heap_resize(NULL, len + 1, 1);

    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void heap_wipe_free(void *pointer) {
    if (pointer != NULL) {
        explicit_bzero(pointer, malloc_usable_size(pointer));
        free(pointer);
    }
}
