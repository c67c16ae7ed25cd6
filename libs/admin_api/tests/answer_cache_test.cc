// Answers that are kept: the same, byte for byte, as those that are computed, whenever they are
// asked for.
#include "answer_cache.h"

#include <future>
#include <memory>
#include <optional>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "progress_world.h"
#include "random_seed.h"
#include "tidemark/base/metrics.h"

namespace tidemark::admin_api {
namespace {

using http::Reply;
using http::Request;
using http::SharedReply;
using nlohmann::json;

class AnswerCacheTest : public ProgressWorld {
 public:
  AnswerCacheTest() {
    Services services = MakeServices();
    services.answers = answers;
    cached_router = MakeRouter(services);
  }

  static Request RequestFor(const std::string& target, std::vector<http::Header> headers = {},
                            http::Method method = http::Method::kGet) {
    Request request;
    request.method = method;
    const auto mark = target.find("?include=");
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) request.query["include"] = target.substr(mark + 9);
    request.headers = std::move(headers);
    return request;
  }

  /// What a client makes of it.
  static Reply Received(const http::PreparedReply& prepared) {
    Reply reply{.status = prepared.status(),
                .content_type = {},
                .body = std::string(prepared.body()),
                .headers = {}};
    std::istringstream lines{std::string(prepared.head())};
    std::string line;
    while (std::getline(lines, line)) {
      const auto colon = line.find(": ");
      if (colon == std::string::npos) continue;
      reply.headers.push_back({line.substr(0, colon), line.substr(colon + 2)});
      reply.headers.back().value.pop_back();  // The carriage return.
    }
    return reply;
  }

  /// As the server does it. Whether the shortcut had the answer is in `was_kept`.
  Reply AskCached(Request request) {
    std::promise<SharedReply> promise;
    auto kept = promise.get_future();
    http::Shortcut::Done done = [&](SharedReply reply) { promise.set_value(std::move(reply)); };
    was_kept = false;
    if (answers->TryAnswer(request, done)) {
      answers->Send();
      if (auto reply = kept.get()) {
        was_kept = true;
        return Received(*reply);
      }
    }
    Reply reply = cached_router.Dispatch(request);
    request.held.reset();
    return reply;
  }
  /// Whether the cache sends the request to its handler.
  bool HasToCompute(Request& request) {
    std::promise<SharedReply> promise;
    http::Shortcut::Done done = [&](SharedReply reply) { promise.set_value(std::move(reply)); };
    if (!answers->TryAnswer(request, done)) return true;
    answers->Send();
    return promise.get_future().get() == nullptr;
  }

  Reply AskCached(const std::string& target) { return AskCached(RequestFor(target)); }

  Reply AskPlainly(const std::string& target) {
    Request request = RequestFor(target);
    return router_.Dispatch(request);
  }

  static std::string Header(const Reply& reply, std::string_view name) {
    for (const http::Header& header : reply.headers) {
      if (header.name == name) return header.value;
    }
    return "";
  }

  /// Asks until it is kept, if it ever is: before the watch's first look nothing is.
  void Warm(const std::string& target) {
    AskCached(target);
    AskCached(target);
    AskCached(target);
  }

  const std::string path = PathOf(eth_) + "/progress";
  bool was_kept = false;
  std::unique_ptr<data_store::ChangeWatch> watch = data_store::MakeChangeWatch(metadata_);
  std::shared_ptr<AnswerCache> answers = MakeAnswerCache(*watch);
  http::Router cached_router{{}, {}};
};

TEST_F(AnswerCacheTest, AnAnswerIsKeptUntilWhatItWasReadFromChanges) {
  const JobId job = Schedule(eth_);
  const LocationId blocks = Fill(eth_, "blocks", job, "0-9");
  Warm(path);
  const auto latest = watch->latest();
  EXPECT_EQ(AskCached(path).body, AskPlainly(path).body);
  EXPECT_TRUE(was_kept);
  const Reply before = AskCached(path);
  EXPECT_TRUE(was_kept);
  EXPECT_EQ(watch->latest(), latest + 2) << "the database was asked each time";

  const auto is_noticed = [&](const char* what) {
    const Reply reply = AskCached(path);
    EXPECT_FALSE(was_kept) << what;
    EXPECT_EQ(reply.body, AskPlainly(path).body) << what;
    EXPECT_NE(reply.body, before.body) << what;
    AskCached(path);
    EXPECT_TRUE(was_kept) << what;
  };
  AddRow(blocks, "no metadata");
  is_noticed("a file");
  Transition(job, metadata_db::JobTransition::kStart);
  is_noticed("the job's state");
  Fill(eth_, "logs", job, "0-9");
  is_noticed("a table's first revision");
  Fill(eth_, "blocks", job, "0-19");
  is_noticed("another revision");
  ASSERT_TRUE(memory_->DeactivateTable(eth_, "logs", Deadline::Never()));
  is_noticed("a table that was deactivated");
}

TEST_F(AnswerCacheTest, WhoGivesAnAnswerKnowsItsRoute) {
  const std::string table = PathOf(eth_) + "/tables/blocks/progress";
  Fill(eth_, "blocks", Schedule(eth_), "0-9");
  for (const std::string& target : {path, table, path + "?include=gaps"}) {
    Warm(target);
    for (const auto& tag : {std::string(), Header(AskPlainly(target), "ETag")}) {
      Request request = RequestFor(target, {{"If-None-Match", tag}});
      std::promise<SharedReply> promise;
      http::Shortcut::Done done = [&](SharedReply reply) { promise.set_value(std::move(reply)); };
      ASSERT_TRUE(answers->TryAnswer(request, done));
      answers->Send();
      const SharedReply reply = promise.get_future().get();
      ASSERT_TRUE(reply);
      EXPECT_EQ(reply->status(), tag.empty() ? 200 : 304);
      EXPECT_EQ(cached_router.routes()[request.route.value()].path,
                target == table
                    ? "/datasets/{namespace}/{name}/versions/{revision}/tables/{table}/progress"
                    : "/datasets/{namespace}/{name}/versions/{revision}/progress");
    }
  }
}

TEST_F(AnswerCacheTest, WhatIsGivenAndWhatIsComputedIsCounted) {
  const auto count = [](std::string_view result) {
    return ProcessMetrics()
        .GetCounter(
            {"tidemark_cache_requests_total", "", {{"cache", "answers"}, {"result", result}}})
        .value();
  };
  const auto kept = [](std::string_view name) {
    return ProcessMetrics().GetGauge({name, "", {{"cache", "answers"}}}).value();
  };
  const LocationId blocks = Fill(eth_, "blocks", Schedule(eth_), "0-9");
  Warm(path);
  const auto hits = count("hit");
  const auto misses = count("miss");
  AskCached(path);
  AskCached(path);
  EXPECT_EQ(count("hit"), hits + 2);
  EXPECT_EQ(count("miss"), misses);
  EXPECT_EQ(kept("tidemark_cache_entries"), 1);
  EXPECT_GT(kept("tidemark_cache_bytes"), 1024);
  AddRow(blocks, "no metadata");
  AskCached(path);
  AskPlainly(path);
  AskCached(path + "?include=health");
  EXPECT_EQ(count("hit"), hits + 2);
  EXPECT_EQ(count("miss"), misses + 1);
}

TEST_F(AnswerCacheTest, ATagThatIsMovedChangesWhatTheTagStandsFor) {
  const std::string latest = "/datasets/eth/mainnet/versions/latest/progress";
  Warm(latest);
  const std::string before = AskCached(latest).body;
  ASSERT_TRUE(was_kept);
  const json manifest = {{"kind", "evm-rpc"}, {"network", "mainnet"}, {"start_block", 5}};
  ASSERT_EQ(Post("/datasets", json({{"namespace", "eth"},
                                    {"name", "mainnet"},
                                    {"version", "2.0.0"},
                                    {"manifest", manifest}})
                                  .dump())
                .status,
            201);
  const Reply reply = AskCached(latest);
  EXPECT_NE(reply.body, before);
  EXPECT_EQ(reply.body, AskPlainly(latest).body);
}

TEST_F(AnswerCacheTest, WhatDependsOnMoreThanTheDatabaseIsComputed) {
  for (const char* include : {"health", "head", "rate", "gaps,health"}) {
    Warm(path + "?include=" + include);
    EXPECT_FALSE(was_kept) << include;
  }
  for (const char* include : {"gaps", "rows", "gaps,rows"}) {
    Warm(path + "?include=" + include);
    EXPECT_TRUE(was_kept) << include;
  }
  Warm("/datasets/eth/mainnet/versions/9.9.9/progress");
  EXPECT_FALSE(was_kept) << "an error";
}

TEST_F(AnswerCacheTest, EachPathAndQueryHasItsOwnAnswer) {
  const std::vector<std::string> paths = {
      path, path + "?include=gaps", PathOf(eth_) + "/sync-progress",
      "/datasets/eth/mainnet/versions/1.0.0/progress", PathOf(eth_) + "/tables/logs/progress"};
  for (const std::string& each : paths) Warm(each);
  for (const std::string& each : paths) {
    EXPECT_EQ(AskCached(each).body, AskPlainly(each).body) << each;
    EXPECT_TRUE(was_kept) << each;
  }
}

TEST_F(AnswerCacheTest, WhoHasTheAnswerIsTold304) {
  Warm(path);
  const Reply whole = AskCached(path);
  const std::string tag = Header(whole, "ETag");
  ASSERT_THAT(tag, testing::MatchesRegex("W/\"[0-9a-f]{32}\""));
  EXPECT_EQ(Header(whole, "Cache-Control"), "private, no-cache");
  const std::string strong = tag.substr(2);
  for (const std::string& known : {tag, strong, std::string("*"), "\"x\" ,\t" + tag,
                                   "W/\"y\"," + strong + ",", "\"a,*,b\"," + tag}) {
    for (const bool from_cache : {true, false}) {
      Request request = RequestFor(path, {{"If-None-Match", known}});
      const Reply reply = from_cache ? AskCached(request) : router_.Dispatch(request);
      EXPECT_EQ(was_kept, true);
      EXPECT_EQ(reply.status, 304) << known;
      EXPECT_EQ(reply.body, "");
      EXPECT_EQ(Header(reply, "ETag"), tag);
      EXPECT_EQ(Header(reply, "Access-Control-Allow-Origin"), "*");
    }
  }
  for (const std::string& known : {std::string("\"x\""), std::string("\"a,*,b\""), std::string(""),
                                   strong.substr(1), tag + "x", std::string(",,")}) {
    EXPECT_EQ(AskCached(RequestFor(path, {{"If-None-Match", known}})).status, 200) << known;
  }
  EXPECT_EQ(AskCached(RequestFor(path, {{"if-none-match", tag}}, http::Method::kHead)).status, 304);
  AddRow(Fill(eth_, "blocks", Schedule(eth_), "0-9"), "none");
  EXPECT_EQ(AskCached(RequestFor(path, {{"If-None-Match", tag}})).status, 200) << "it has changed";
}

TEST_F(AnswerCacheTest, WhileTheDatabaseCannotConfirmNothingIsGiven) {
  Warm(path);
  metadata_.first_failing_call = metadata_.calls;
  EXPECT_EQ(AskCached(path).status, 503);
  EXPECT_FALSE(was_kept);
  metadata_.first_failing_call.reset();
  AskCached(path);
  EXPECT_TRUE(was_kept) << "it still holds";
}

TEST_F(AnswerCacheTest, WhoTakesAStaleAnswerIsToldItsAge) {
  Fill(eth_, "blocks", Schedule(eth_), "0-9");
  Warm(path);
  const Reply confirmed = AskCached(RequestFor(path, {{"Cache-Control", "max-stale=60"}}));
  EXPECT_EQ(Header(confirmed, "Age"), "") << "while the database confirms, it is not stale";

  const Counter& given = ProcessMetrics().GetCounter(
      {"tidemark_cache_requests_total", "", {{"cache", "answers"}, {"result", "stale"}}});
  const auto given_before = given.value();
  metadata_.first_failing_call = metadata_.calls;
  for (const std::string control : {"max-stale=60", "no-transform , Max-Stale=60", "max-stale",
                                    "max-stale=99999999999999999999"}) {
    const Reply stale = AskCached(RequestFor(path, {{"Cache-Control", control}}));
    ASSERT_TRUE(was_kept) << control;
    EXPECT_EQ(stale.status, 200) << control;
    EXPECT_EQ(stale.body, confirmed.body) << control;
    EXPECT_EQ(Header(stale, "ETag"), Header(confirmed, "ETag")) << control;
    EXPECT_FALSE(Header(stale, "Age").empty()) << control;
  }
  EXPECT_EQ(given.value(), given_before + 4);
  const Reply not_modified = AskCached(RequestFor(
      path, {{"If-None-Match", Header(confirmed, "ETag")}, {"Cache-Control", "max-stale"}}));
  EXPECT_EQ(not_modified.status, 304);
  EXPECT_FALSE(Header(not_modified, "Age").empty());

  for (const std::string control :
       {"", "max-stale=0", "max-stale=", "max-stale=x", "max-stale=-1", "max-stale=1x",
        "xmax-stale", "max-stalex", "stale-if-error=9"}) {
    EXPECT_EQ(AskCached(RequestFor(path, {{"Cache-Control", control}})).status, 503) << control;
  }
  EXPECT_EQ(AskCached(RequestFor(path + "?include=gaps", {{"Cache-Control", "max-stale"}})).status,
            503)
      << "nothing of it is kept";
}

TEST_F(AnswerCacheTest, AStaleAnswersAgeIsSinceItWasConfirmedLast) {
  Warm(path);
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  AskCached(path);
  const auto confirmed_at = std::chrono::steady_clock::now();
  metadata_.first_failing_call = metadata_.calls;
  const auto age_now = [&] {
    return Header(AskCached(RequestFor(path, {{"Cache-Control", "max-stale"}})), "Age");
  };
  EXPECT_EQ(age_now(), "1") << "never less than it is";
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const auto waited =
      std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - confirmed_at);
  EXPECT_GE(std::stoi(age_now()), 2);
  EXPECT_LE(std::stoi(age_now()), waited.count() + 1);
  EXPECT_EQ(AskCached(RequestFor(path, {{"Cache-Control", "max-stale=1"}})).status, 503);
}

/// As beside a database that keeps no feed.
class WithoutFeed final : public data_store::ChangeWatch {
 public:
  void Confirm(Deadline /*deadline*/, Done done) override {
    done(MakeError(ErrorCode::kUnavailable, "the database keeps no change feed"));
  }
  bool ConfirmAtOnce() override { return false; }
  Look latest() const override { return 0; }
  SteadyTime latest_began_at() const override { return {}; }
  bool IsUnchanged(const data_store::Dependencies&, Look) const override { return false; }
};

TEST_F(AnswerCacheTest, WhereNothingCanBeConfirmedAnAnswersAgeIsThatOfItsComputation) {
  WithoutFeed none;
  answers = MakeAnswerCache(none);
  Services services = MakeServices();
  services.answers = answers;
  cached_router = MakeRouter(services);
  const auto ask = [&](const std::string& control) {
    return AskCached(RequestFor(path, {{"Cache-Control", control}}));
  };
  const Reply computed = ask("max-stale=60");
  EXPECT_FALSE(was_kept) << "there is none yet";
  EXPECT_EQ(Header(computed, "Age"), "");
  const Reply stale = ask("max-stale=60");
  EXPECT_TRUE(was_kept);
  EXPECT_EQ(stale.body, computed.body);
  EXPECT_EQ(Header(stale, "Age"), "1");
  ask("max-stale=0");
  EXPECT_FALSE(was_kept) << "it is computed anew";
}

// Method: the database goes away between the look that tells of a change and the computation.
TEST_F(AnswerCacheTest, AnAnswerThatHasChangedIsStillThereForWhoTakesAStaleOne) {
  Warm(path);
  const std::string before = AskCached(path).body;
  AddRow(Fill(eth_, "blocks", Schedule(eth_), "0-9"), "none");
  Request request = RequestFor(path);
  ASSERT_TRUE(HasToCompute(request));
  metadata_.first_failing_call = metadata_.calls;
  EXPECT_EQ(cached_router.Dispatch(request).status, 503);
  request.held.reset();
  EXPECT_EQ(AskCached(RequestFor(path, {{"Cache-Control", "max-stale=60"}})).body, before);
  metadata_.first_failing_call.reset();
  const Reply fresh = AskCached(RequestFor(path, {{"Cache-Control", "max-stale=60"}}));
  EXPECT_NE(fresh.body, before) << "the database can be asked again";
  EXPECT_EQ(Header(fresh, "Age"), "");
}

// Method: the first request is about to be computed when a hundred others come.
TEST_F(AnswerCacheTest, OfManyThatAskForANewAnswerOneComputes) {
  Warm(path);
  AddRow(Fill(eth_, "blocks", Schedule(eth_), "0-9"), "none");

  constexpr int kAskers = 100;
  std::vector<Request> requests(kAskers, RequestFor(path));
  std::vector<std::promise<SharedReply>> promises(kAskers);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    http::Shortcut::Done done = [&, i](SharedReply reply) {
      promises[i].set_value(std::move(reply));
    };
    ASSERT_TRUE(answers->TryAnswer(requests[i], done));
    if (i % 10 == 0) answers->Send();
  }
  answers->Send();
  // Exactly one of them is sent to its handler.
  std::vector<std::future<SharedReply>> futures;
  for (auto& promise : promises) futures.push_back(promise.get_future());
  std::optional<std::size_t> computing;
  while (!computing) {
    for (std::size_t i = 0; i < futures.size() && !computing; ++i) {
      if (futures[i].wait_for(std::chrono::milliseconds(1)) == std::future_status::ready) {
        EXPECT_EQ(futures[i].get(), nullptr);
        computing = i;
      }
    }
  }
  const Reply computed = cached_router.Dispatch(requests[*computing]);
  requests[*computing].held.reset();
  for (std::size_t i = 0; i < futures.size(); ++i) {
    if (i == *computing) continue;
    const auto reply = futures[i].get();
    ASSERT_TRUE(reply) << i << " was sent to its handler, too";
    EXPECT_EQ(reply->body(), computed.body);
  }
}

// Method: while the answer is computed the table changes, somebody looks, and one more asks.
TEST_F(AnswerCacheTest, WhoAskedBeforeAComputationBeganTakesItsAnswerAndWhoAskedLaterDoesNot) {
  const LocationId blocks = Fill(eth_, "blocks", Schedule(eth_), "0-9");
  Request leader = RequestFor(path);
  Request early = RequestFor(path);
  Request late = RequestFor(path);
  std::promise<SharedReply> early_answer;
  std::promise<SharedReply> late_answer;
  http::Shortcut::Done on_early = [&](SharedReply reply) {
    early_answer.set_value(std::move(reply));
  };
  http::Shortcut::Done on_late = [&](SharedReply reply) {
    late_answer.set_value(std::move(reply));
  };
  ASSERT_TRUE(HasToCompute(leader));
  ASSERT_TRUE(answers->TryAnswer(early, on_early));
  answers->Send();
  answers->Compute(leader, [&] {
    const TrackedReply computed{
        .reply = {.status = 200, .content_type = "application/json", .body = "old", .headers = {}},
        .read_from = data_store::Dependencies{.revisions = {blocks}, .jobs = {}, .datasets = {}}};
    AddRow(blocks, "none");
    EXPECT_TRUE(answers->TryAnswer(late, on_late));
    answers->Send();
    AskCached(PathOf(eth_) + "/sync-progress");
    AskCached(PathOf(eth_) + "/sync-progress");
    return computed;
  });
  leader.held.reset();
  const auto given = early_answer.get_future().get();
  ASSERT_TRUE(given) << "it was sent to compute the same again";
  EXPECT_EQ(given->body(), "old");
  EXPECT_EQ(late_answer.get_future().get(), nullptr) << "it has to compute it";
}

// Method: the request is taken, but not sent before an answer has been computed and has changed.
TEST_F(AnswerCacheTest, WhoWasThereWhenAComputationBeganTakesItsAnswerThoughItHasChangedSince) {
  const LocationId blocks = Fill(eth_, "blocks", Schedule(eth_), "0-9");
  Warm(path);
  Request early = RequestFor(path);
  std::promise<SharedReply> promise;
  http::Shortcut::Done done = [&](SharedReply reply) { promise.set_value(std::move(reply)); };
  ASSERT_TRUE(answers->TryAnswer(early, done));
  answers->Compute(RequestFor(path), [&] {
    return TrackedReply{
        .reply = {.status = 200, .content_type = "application/json", .body = "new", .headers = {}},
        .read_from = data_store::Dependencies{.revisions = {blocks}, .jobs = {}, .datasets = {}}};
  });
  AddRow(blocks, "none");
  answers->Send();
  const SharedReply given = promise.get_future().get();
  ASSERT_TRUE(given) << "it was sent to compute the same again";
  EXPECT_EQ(given->body(), "new");
}

// Method: between the end of the computation and its being told, the table changes, and somebody
// who asks then finds the answer out of date.
TEST_F(AnswerCacheTest, AnAnswerThatIsDroppedAtOnceIsStillGivenToWhoWaitedForIt) {
  const LocationId blocks = Fill(eth_, "blocks", Schedule(eth_), "0-9");
  Warm(path);
  AddRow(blocks, "none");
  Request leader = RequestFor(path);
  ASSERT_TRUE(HasToCompute(leader));
  std::vector<Request> requests(3, RequestFor(path));
  std::vector<std::promise<SharedReply>> promises(requests.size());
  const auto ask = [&](std::size_t i) {
    http::Shortcut::Done done = [&, i](SharedReply reply) {
      promises[i].set_value(std::move(reply));
    };
    ASSERT_TRUE(answers->TryAnswer(requests[i], done));
    answers->Send();
  };
  ask(0);
  ask(1);
  AskCached(PathOf(eth_) + "/sync-progress");  // The looks of those before have ended.
  const Reply computed = cached_router.Dispatch(leader);
  AddRow(blocks, "none");
  ask(2);
  AskCached(PathOf(eth_) + "/sync-progress");
  leader.held.reset();
  for (const std::size_t early : {0, 1}) {
    const SharedReply given = promises[early].get_future().get();
    ASSERT_TRUE(given) << "it is sent to compute what was computed for it";
    EXPECT_EQ(given->body(), computed.body);
  }
  EXPECT_EQ(promises[2].get_future().get(), nullptr) << "it has to compute it";
}

TEST_F(AnswerCacheTest, WhenTheOneFailsTheOthersTryForThemselves) {
  Request first = RequestFor(path);
  ASSERT_TRUE(HasToCompute(first));
  Request second = RequestFor(path);
  std::promise<SharedReply> promise;
  http::Shortcut::Done done = [&](SharedReply reply) { promise.set_value(std::move(reply)); };
  ASSERT_TRUE(answers->TryAnswer(second, done));
  answers->Send();
  first.held.reset();  // Refused, for instance, because too many requests wait.
  EXPECT_EQ(promise.get_future().get(), nullptr);
}

// Method: between the question and the answer's computation the table changes once more.
TEST_F(AnswerCacheTest, AnAnswerThatChangedWhileItWasComputedIsNotGivenAgain) {
  const LocationId blocks = Fill(eth_, "blocks", Schedule(eth_), "0-9");
  Warm(path);
  Request request = RequestFor(path);
  const Reply stale = answers->Compute(request, [&] {
    TrackedReply computed{
        .reply = {.status = 200, .content_type = "application/json", .body = "old", .headers = {}},
        .read_from = data_store::Dependencies{.revisions = {blocks}, .jobs = {}, .datasets = {}}};
    AddRow(blocks, "none");
    AskCached(PathOf(eth_) + "/sync-progress");  // Somebody looks meanwhile.
    AskCached(PathOf(eth_) + "/sync-progress");
    return computed;
  });
  ASSERT_EQ(stale.body, "old");
  EXPECT_NE(AskCached(path).body, "old");
}

TEST_F(AnswerCacheTest, TakesNoMoreMemoryThanItMay) {
  AnswerCache small(*watch, 8'000);
  const auto ask = [&](int number) {
    Request request =
        RequestFor("/datasets/eth/x/versions/" + std::to_string(number) + "/progress");
    std::promise<SharedReply> promise;
    auto future = promise.get_future();
    http::Shortcut::Done done = [&](SharedReply reply) { promise.set_value(std::move(reply)); };
    EXPECT_TRUE(small.TryAnswer(request, done));
    small.Send();
    const bool is_kept = future.get() != nullptr;
    if (!is_kept) {
      small.Compute(request, [] {
        return TrackedReply{.reply = {.body = std::string(1'000, 'x'), .headers = {}},
                            .read_from = data_store::Dependencies()};
      });
    }
    return is_kept;
  };
  ask(0);  // Before the watch's first look.
  for (int number = 0; number < 10; ++number) EXPECT_FALSE(ask(number) && number > 0) << number;
  EXPECT_TRUE(ask(9));
  EXPECT_TRUE(ask(8));
  EXPECT_FALSE(ask(0)) << "the one that was not used for longest went";
}

// Property: whatever is done in between, every answer is the computed one.
TEST_F(AnswerCacheTest, EveryAnswerIsTheComputedOne) {
  const std::uint32_t seed = RandomSeed();
  std::mt19937_64 random(seed);
  const auto pick = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
  const DatasetVersion other = RegisterRaw("other", 0);
  const std::vector<DatasetVersion> versions = {eth_, other};
  const std::vector<JobId> jobs = {Schedule(eth_), Schedule(other)};
  const std::vector<std::string> tables = {"blocks", "logs", "transactions"};
  std::vector<LocationId> locations = {Fill(eth_, "blocks", jobs[0], "0-9")};
  std::vector<std::string> paths;
  for (const DatasetVersion& version : versions) {
    paths.push_back(PathOf(version) + "/progress");
    paths.push_back(PathOf(version) + "/progress?include=gaps");
    paths.push_back(PathOf(version) + "/sync-progress");
    for (const std::string& table : tables) {
      paths.push_back(PathOf(version) + "/tables/" + table + "/progress");
    }
  }
  int kept = 0;
  for (int step = 0; step < 1'000; ++step) {
    const std::size_t which = pick(2);
    switch (pick(12)) {
      case 0:
        AddRow(locations[pick(locations.size())], "none");
        break;
      case 1:
        locations.push_back(Fill(versions[which], tables[pick(tables.size())], jobs[which], "0-9"));
        break;
      case 2:
        static_cast<void>(memory_->TransitionJob({jobs[which]},
                                                 static_cast<metadata_db::JobTransition>(pick(4)),
                                                 "{}", Deadline::Never()));
        break;
      case 3:
        static_cast<void>(memory_->DeactivateTable(versions[which], tables[pick(tables.size())],
                                                   Deadline::Never()));
        break;
      default:
        break;
    }
    for (int asked = 0; asked < 4; ++asked) {
      const std::string& each = paths[pick(paths.size())];
      const Reply reply = AskCached(each);
      ASSERT_EQ(reply.body, AskPlainly(each).body) << each << " at step " << step;
      if (was_kept) ++kept;
    }
  }
  EXPECT_GT(kept, 400) << "of 4000";
}

}  // namespace
}  // namespace tidemark::admin_api
