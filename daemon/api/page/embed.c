/*
 * Build-time program: the files of the page in, the C source of page_file.h out.
 *
 * Usage: page-embed OUTPUT FILE...
 */
#include <stdio.h>
#include <string.h>

#define BYTES_PER_LINE 16

static const struct media {
    const char *suffix;
    const char *text;
} medias[] = {
        {".html", "text/html; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".svg", "image/svg+xml"},
};

/* NULL: the suffix is not known. */
static const char *media_of(const char *path) {
    const char *suffix = strrchr(path, '.');

    for (size_t at = 0; suffix != NULL && at < sizeof(medias) / sizeof(medias[0]); at++) {
        if (strcmp(suffix, medias[at].suffix) == 0) {
            return medias[at].text;
        }
    }
    return NULL;
}

/* Plain numbers, since compilers need not take a string literal of this length. */
static int write_bytes(FILE *out, const char *path, int number) {
    FILE *in = fopen(path, "rb");
    size_t count = 0;
    int failed;
    int c;

    if (in == NULL) {
        return -1;
    }
    fprintf(out, "\nstatic const char file_%d[] = {", number);
    for (c = fgetc(in); c != EOF; c = fgetc(in)) {
        fprintf(out, "%s%d,", count++ % BYTES_PER_LINE == 0 ? "\n    " : " ", (signed char)c);
    }
    fprintf(out, "\n};\n");
    failed = ferror(in) || count == 0;
    return fclose(in) != 0 || failed ? -1 : 0;
}

static void write_row(FILE *out, const char *path, int number) {
    const char *name = strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1;

    if (strcmp(name, "index.html") == 0) {
        fprintf(out, "    {\"/\", ");
    } else {
        fprintf(out, "    {\"/page/%s\", ", name);
    }
    fprintf(out, "\"%s\", {file_%d, sizeof(file_%d)}},\n", media_of(path), number, number);
}

static int write_source(FILE *out, int count, char **paths) {
    fprintf(out, "#include \"api/page/page_file.h\"\n");
    for (int at = 0; at < count; at++) {
        if (media_of(paths[at]) == NULL || write_bytes(out, paths[at], at) != 0) {
            fprintf(stderr, "page-embed: cannot embed %s\n", paths[at]);
            return -1;
        }
    }
    fprintf(out, "\nconst struct page_file page_files[] = {\n");
    for (int at = 0; at < count; at++) {
        write_row(out, paths[at], at);
    }
    fprintf(out, "};\n\nconst size_t page_file_count = %d;\n", count);
    return ferror(out) ? -1 : 0;
}

int main(int argc, char **argv) {
    FILE *out;
    int failed;

    if (argc < 3) {
        fprintf(stderr, "usage: page-embed OUTPUT FILE...\n");
        return 2;
    }
    out = fopen(argv[1], "w");
    if (out == NULL) {
        perror(argv[1]);
        return 1;
    }
    failed = write_source(out, argc - 2, argv + 2) != 0;
    return fclose(out) != 0 || failed ? 1 : 0;
}
