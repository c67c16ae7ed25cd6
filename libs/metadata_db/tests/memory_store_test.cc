#include "tidemark/metadata_db/memory_store.h"

#include "metadata_store_contract.h"

namespace tidemark::metadata_db {
namespace {

class MemoryBackend final : public StoreBackend {
 public:
  explicit MemoryBackend(const Clock& clock) : store_(MakeMemoryStore(clock)) {}
  MetadataStore& store() override { return *store_; }

 private:
  std::unique_ptr<MetadataStore> store_;
};

constexpr StoreFactory kFactory{"Memory", [](const Clock& clock) -> std::unique_ptr<StoreBackend> {
                                  return std::make_unique<MemoryBackend>(clock);
                                }};

INSTANTIATE_TEST_SUITE_P(Memory, MetadataStoreContract, testing::Values(kFactory));

}  // namespace
}  // namespace tidemark::metadata_db
