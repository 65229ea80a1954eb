// Stands before the runtime and refuses buffers over foreign memory, as sandboxed builds do. To be preloaded. The addon looks the
// functions of Node-API up by their names.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

static int refuse(void *env, void *data, size_t byte_length, void *finalize, void *hint, void **result) {
  (void)env, (void)data, (void)byte_length, (void)finalize, (void)hint, (void)result;
  return 22; // napi_no_external_buffers_allowed
}

void *dlsym(void *handle, const char *name) {
  static const char *const versions[] = {"GLIBC_2.34", "GLIBC_2.2.5", "GLIBC_2.17"};
  void *(*next)(void *, const char *) = NULL;
  for (size_t index = 0; next == NULL && index < 3; index++) next = dlvsym(RTLD_NEXT, "dlsym", versions[index]);
  if (strcmp(name, "napi_create_external_arraybuffer") == 0) return refuse;
  return next == NULL ? NULL : next(handle, name);
}
