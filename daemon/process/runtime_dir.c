#include "process/runtime_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ghostkey/protocol.h"

const char *runtime_dir_find(char why[RUNTIME_DIR_WHY_BYTES]) {
    const char *path = getenv(GK_VAR_RUNTIME_DIR);
    struct stat status;

    if (path == NULL || path[0] != '/') {
        (void)snprintf(why, RUNTIME_DIR_WHY_BYTES, "names no directory");
        return NULL;
    }
    /* if it is missing or is no directory, making a file in it will fail and say so */
    if (stat(path, &status) == 0 && status.st_uid != geteuid() && status.st_uid != 0) {
        (void)snprintf(why, RUNTIME_DIR_WHY_BYTES, "is %s, which belongs to another user (uid %u)",
                path, (unsigned int)status.st_uid);
        return NULL;
    }
    return path;
}
