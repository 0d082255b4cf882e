/*
 * A shared object to be preloaded (LD_PRELOAD) into a daemon: its store may grow to $MAP_BYTES, not
 * to the 16 GiB that no test can fill.
 */
#include <dlfcn.h>
#include <lmdb.h>
#include <stdlib.h>

__attribute__((visibility("default"))) int mdb_env_set_mapsize(MDB_env *env, size_t size) {
    const char *bytes = getenv("MAP_BYTES");
    int (*real)(MDB_env *, size_t);

    *(void **)&real = dlsym(RTLD_NEXT, "mdb_env_set_mapsize"); /* as dlsym(3) has it */
    return real(env, bytes != NULL ? (size_t)strtoull(bytes, NULL, 10) : size);
}
