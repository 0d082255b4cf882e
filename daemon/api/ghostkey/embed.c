/*
 * Build-time program: openapi.json in, the C source of openapi.h out. Checks that it is JSON, puts
 * the project's version into info.version and leaves out the blanks.
 *
 * Usage: openapi-embed openapi.json openapi.c VERSION
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_PER_LINE 16

/* As numbers: a C compiler may refuse so long a string literal. */
static int write_source(const char *path, const char *text) {
    size_t len = strlen(text);
    FILE *file = fopen(path, "w");
    int failed;

    if (file == NULL) {
        return -1;
    }
    fprintf(file, "#include \"api/ghostkey/openapi.h\"\n\nconst char openapi_document[] = {");
    for (size_t i = 0; i < len; i++) {
        fprintf(file, "%s%d,", i % BYTES_PER_LINE == 0 ? "\n    " : " ", (signed char)text[i]);
    }
    fprintf(file, "\n};\n\nconst size_t openapi_document_len = sizeof(openapi_document);\n");
    failed = ferror(file);
    return fclose(file) != 0 || failed ? -1 : 0;
}

int main(int argc, char **argv) {
    json_error_t error;
    json_t *document;
    json_t *info;
    char *text;

    if (argc != 4) {
        fprintf(stderr, "usage: openapi-embed openapi.json openapi.c VERSION\n");
        return 2;
    }
    document = json_load_file(argv[1], JSON_REJECT_DUPLICATES, &error);
    if (document == NULL) {
        fprintf(stderr, "%s:%d:%d: %s\n", argv[1], error.line, error.column, error.text);
        return 1;
    }
    info = json_object_get(document, "info");
    if (json_object_set_new(info, "version", json_string(argv[3])) != 0) {
        fprintf(stderr, "%s: there is no object 'info'\n", argv[1]);
        return 1;
    }
    text = json_dumps(document, JSON_COMPACT);
    if (text == NULL || write_source(argv[2], text) != 0) {
        perror(argv[2]);
        return 1;
    }
    free(text);
    json_decref(document);
    return 0;
}
