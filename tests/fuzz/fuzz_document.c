/* Documents: the input is read, and checked as one that a new state begins with. */
#include <jansson.h>

#include "api/ghostkey/document.h"
#include "fuzz.h"

#define VALUE_MAX_BYTES 4096

/* What is read is JSON to jansson as well, with as many members. */
static void compare_with_library(struct span text, const struct document *document) {
    json_auto_t *root = json_loadb(text.data, text.len, JSON_ALLOW_NUL, NULL);
    json_t *secrets = json_object_get(root, "secrets");
    json_t *faults = json_object_get(root, "faults");

    MUST(root == NULL || json_is_object(root)); /* jansson knows limits of numbers and depth */
    MUST(root == NULL || document->secrets.is_given == (secrets != NULL));
    MUST(root == NULL || json_object_size(secrets) <= document->secrets.count);
    MUST(root == NULL || document->faults.is_given == (faults != NULL));
    MUST(root == NULL || json_object_size(faults) <= document->faults.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct span text = {(const char *)data, size};
    DOCUMENT_AUTO struct document document = DOCUMENT_NULL;
    MISTAKES_AUTO struct mistakes mistakes = MISTAKES_NULL;
    struct problem problem = PROBLEM_NULL;
    int error = document_read(text, &document, &problem);

    MUST(error == 0 || error == GK_E_BAD_REQUEST);
    MUST(error == 0 || problem.detail[0] != '\0');
    if (error != 0) {
        return 0;
    }
    compare_with_library(text, &document);
    MUST(document_check(&document, VALUE_MAX_BYTES, &mistakes) == 0);
    MUST((mistakes.count == 0) == (mistakes.lines.len == 0));
    return 0;
}
