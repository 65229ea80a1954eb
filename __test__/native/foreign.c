// Other native code in the process: it maps a file over a part of a buffer, and makes writes look as if they had not been,
// behind pagefold's back.
//
// Node-API is declared by hand, as far as it is used: the values of these types and the order of these parameters are
// part of its stable interface.
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef struct napi_callback_info__ *napi_callback_info;
typedef napi_value (*napi_callback)(napi_env env, napi_callback_info info);
typedef int napi_status;

extern napi_status napi_get_cb_info(napi_env env, napi_callback_info info, size_t *argc, napi_value *argv,
                                    napi_value *this_arg, void **data);
extern napi_status napi_get_arraybuffer_info(napi_env env, napi_value buffer, void **data, size_t *byte_length);
extern napi_status napi_get_value_int64(napi_env env, napi_value value, int64_t *result);
extern napi_status napi_throw_error(napi_env env, const char *code, const char *message);
extern napi_status napi_create_function(napi_env env, const char *name, size_t length, napi_callback callback,
                                        void *data, napi_value *result);
extern napi_status napi_set_named_property(napi_env env, napi_value object, const char *name, napi_value value);

static napi_value refuse(napi_env env, const char *message) {
  napi_throw_error(env, NULL, message);
  return NULL;
}

// mapOver(buffer, byteOffset, byteLength, descriptor): the file, copy-on-write, over whole pages of the buffer.
static napi_value map_over(napi_env env, napi_callback_info info) {
  napi_value arguments[4];
  size_t count = 4;
  void *data = NULL;
  size_t available = 0;
  int64_t byte_offset = 0, byte_length = 0, descriptor = -1;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count != 4 ||
      napi_get_arraybuffer_info(env, arguments[0], &data, &available) != 0 ||
      napi_get_value_int64(env, arguments[1], &byte_offset) != 0 ||
      napi_get_value_int64(env, arguments[2], &byte_length) != 0 ||
      napi_get_value_int64(env, arguments[3], &descriptor) != 0) {
    return refuse(env, "mapOver takes a buffer and three numbers");
  }
  if (byte_offset < 0 || byte_length <= 0 || (uint64_t)byte_offset > available ||
      (uint64_t)byte_length > available - (uint64_t)byte_offset) {
    return refuse(env, "the range lies outside the buffer");
  }
  void *address = (char *)data + byte_offset;
  int protection = PROT_READ | PROT_WRITE;
  void *mapped = mmap(address, (size_t)byte_length, protection, MAP_PRIVATE | MAP_FIXED, (int)descriptor, 0);
  if (mapped != address) {
    perror("mmap");
    return refuse(env, "mmap failed");
  }
  return NULL;
}

// hide(buffer, byteOffset, byteLength): watches whole pages of the buffer again, so that nobody learns that they were
// written, as nobody does of writes through long-term pins. The pages must be watched by userfaultfd.
static napi_value hide(napi_env env, napi_callback_info info) {
  // PAGEMAP_SCAN of linux/fs.h: size, flags (arm, and fail where nothing watches), start, end; the masks are ignored.
  uint64_t scan[12] = {sizeof scan, 1 | 2};
  napi_value arguments[3];
  size_t count = 3;
  void *data = NULL;
  size_t available = 0;
  int64_t byte_offset = 0, byte_length = 0;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != 0 || count != 3 ||
      napi_get_arraybuffer_info(env, arguments[0], &data, &available) != 0 ||
      napi_get_value_int64(env, arguments[1], &byte_offset) != 0 ||
      napi_get_value_int64(env, arguments[2], &byte_length) != 0) {
    return refuse(env, "hide takes a buffer and two numbers");
  }
  if (byte_offset < 0 || byte_length <= 0 || (uint64_t)byte_offset > available ||
      (uint64_t)byte_length > available - (uint64_t)byte_offset) {
    return refuse(env, "the range lies outside the buffer");
  }
  scan[2] = (uint64_t)(uintptr_t)data + (uint64_t)byte_offset;
  scan[3] = scan[2] + (uint64_t)byte_length;
  scan[9] = scan[11] = 2;
  int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0 || ioctl(pagemap, _IOC(_IOC_READ | _IOC_WRITE, 'f', 16, sizeof scan), scan) < 0) {
    perror("PAGEMAP_SCAN");
    return refuse(env, "PAGEMAP_SCAN failed");
  }
  close(pagemap);
  return NULL;
}

__attribute__((visibility("default"))) napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function;
  if (napi_create_function(env, "mapOver", SIZE_MAX, map_over, NULL, &function) != 0 ||
      napi_set_named_property(env, exports, "mapOver", function) != 0) {
    return refuse(env, "the function cannot be made");
  }
  if (napi_create_function(env, "hide", SIZE_MAX, hide, NULL, &function) != 0 ||
      napi_set_named_property(env, exports, "hide", function) != 0) {
    return refuse(env, "the function cannot be made");
  }
  return exports;
}
