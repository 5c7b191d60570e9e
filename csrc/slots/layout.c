/* The layout of the slot file: what is valid, and where a key's slot stands. */
#include "slots/layout.h"

#include <string.h>

static const char magic[8] = {'i', 'm', 'r', 's', 'l', 'o', 't', 's'};

static imr_slots_entry *entry_at(unsigned char *bytes, const imr_slots_header *header, uint64_t index) {
  return (imr_slots_entry *)(void *)(bytes + header->header_size + index * header->entry_size);
}

/* Sizes that a layout of ours can have: no shorter than the first, entries aligned, all of it inside the
 * file.
 */
static int sizes_fit(const imr_slots_header *header, size_t size) {
  if (header->header_size < sizeof *header || header->header_size % 8 || header->header_size > 65536)
    return 0;
  if (header->entry_size < sizeof(imr_slots_entry) || header->entry_size % 8 || header->entry_size > 4096)
    return 0;
  if (header->capacity < 1 || header->capacity > 1048576) return 0;
  return header->header_size + (uint64_t)header->capacity * header->entry_size <= size;
}

int imr_slots_sane(int64_t next, int64_t now) { return imr_slots_time(next) <= now + 2 * IMR_SLOTS_LONGEST; }

static int entries_fit(const unsigned char *bytes, const imr_slots_header *header, int64_t now) {
  for (uint32_t i = 0; i < header->capacity; i++) {
    imr_slots_entry entry;
    memcpy(&entry, bytes + header->header_size + (size_t)i * header->entry_size, sizeof entry);
    if (!imr_slots_sane(entry.next, now)) return 0;
  }
  return 1;
}

imr_slots_state imr_slots_check(const unsigned char *bytes, size_t size, uint64_t boot, int64_t now,
                                imr_slots_header *header) {
  if (size < sizeof *header || memcmp(bytes, magic, sizeof magic) != 0) return IMR_SLOTS_DAMAGED;
  memcpy(header, bytes, sizeof *header);
  if (!sizes_fit(header, size)) return IMR_SLOTS_DAMAGED;
  if (header->boot != boot) return IMR_SLOTS_OLD;
  if (header->born < 0 || header->born > now || !entries_fit(bytes, header, now)) return IMR_SLOTS_DAMAGED;
  return IMR_SLOTS_GOOD;
}

size_t imr_slots_size(void) {
  return sizeof(imr_slots_header) + IMR_SLOTS_CAPACITY * sizeof(imr_slots_entry);
}

/* The magic goes in last: whoever is killed before it leaves a file that the next one builds again. */
void imr_slots_init(unsigned char *bytes, uint64_t boot, int64_t born) {
  imr_slots_header header = {
      {0}, IMR_SLOTS_LAYOUT, sizeof header, sizeof(imr_slots_entry), IMR_SLOTS_CAPACITY, boot, born};
  memset(bytes, 0, imr_slots_size());
  memcpy(bytes, &header, sizeof header);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  memcpy(bytes, magic, sizeof magic);
}

/* Open addressing; a place once taken is never given back, so a probe ends at the first free one. */
imr_slots_entry *imr_slots_find(unsigned char *bytes, const imr_slots_header *header, uint64_t key) {
  for (uint32_t probe = 0; probe < header->capacity; probe++) {
    imr_slots_entry *entry = entry_at(bytes, header, (key + probe) % header->capacity);
    uint64_t found = __atomic_load_n(&entry->key, __ATOMIC_ACQUIRE);
    if (found == 0 &&
        __atomic_compare_exchange_n(&entry->key, &found, key, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
      return entry;
    if (found == key) return entry;
  }
  return NULL;
}
