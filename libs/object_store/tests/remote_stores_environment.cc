// Ends the remote stores' clients after the last test, as main does.
#include <memory>

#include <gtest/gtest.h>

#include "tidemark/object_store/open_store.h"

namespace tidemark::object_store {
namespace {

class RemoteStoresEnvironment final : public ::testing::Environment {
 public:
  void SetUp() override { stores_ = std::make_unique<RemoteStores>(); }
  void TearDown() override { stores_.reset(); }

 private:
  std::unique_ptr<RemoteStores> stores_;
};

[[maybe_unused]] const ::testing::Environment* const kEnvironment =
    ::testing::AddGlobalTestEnvironment(new RemoteStoresEnvironment);

}  // namespace
}  // namespace tidemark::object_store
