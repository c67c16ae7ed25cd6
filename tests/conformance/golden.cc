#include "golden.h"

#include <fstream>
#include <set>

#include <nlohmann/json.hpp>

namespace tidemark::conformance {
namespace {

using nlohmann::json;

const std::vector<std::string> kTables = {"blocks",        "transactions", "logs", "mini",
                                          "block_headers", "messages",     "nope"};

void AddVersion(const std::string& version, std::vector<std::string>& requests) {
  const std::string get = "GET " + version;
  for (const char* route :
       {"", "/manifest", "/jobs", "/progress", "/sync-progress", "/progress?include=gaps",
        "/progress?include=head", "/progress?include=rate", "/progress?include=health"}) {
    requests.push_back(get + route);
  }
  for (const std::string& table : kTables) {
    requests.push_back(get + "/tables/" + table + "/progress");
  }
}

// A word that stands for a version that is asked about in full.
void AddAlias(const std::string& version, std::vector<std::string>& requests) {
  requests.push_back("GET " + version);
  requests.push_back("GET " + version + "/progress");
}

}  // namespace

std::vector<std::string> RecordedRequests(const std::filesystem::path& file) {
  std::ifstream stream(file);
  const json recorded = json::parse(stream);
  std::vector<std::string> requests;
  if (recorded.is_array()) {
    for (const json& one : recorded) requests.push_back(one.at("request"));
    return requests;
  }
  for (const json& scenario : recorded) {
    for (const auto& [request, answer] : scenario.at("requests").items()) {
      requests.push_back(request);
    }
  }
  return requests;
}

std::vector<std::string> RequestsAbout(const std::vector<AmpRow>& rows) {
  std::vector<std::string> requests = {"GET /datasets",
                                       "GET /jobs",
                                       "GET /jobs?status=all&limit=1000",
                                       "GET /jobs?status=error",
                                       "GET /revisions",
                                       "GET /revisions?active=false",
                                       "GET /revisions?limit=1000",
                                       "GET /manifests",
                                       "GET /workers",
                                       "GET /providers",
                                       "GET /networks",
                                       "GET /jobs?status=all&limit=7&last_job_id=150"};
  std::set<std::string> datasets;
  std::set<std::string> versions;
  const auto add = [&](std::initializer_list<std::string> words) {
    std::string request = "GET ";
    for (const std::string& word : words) request += word;
    requests.push_back(std::move(request));
  };
  for (const AmpRow& row : rows) {
    const auto get = [&](std::string_view column) { return row.Get(column).value_or(""); };
    if (row.table == "tags" || row.table == "dataset_manifests") {
      const std::string dataset = "/datasets/" + get("namespace") + "/" + get("name");
      datasets.insert(dataset);
      const bool is_tag = row.table == "tags";
      if (is_tag) versions.insert(dataset + "/versions/" + get("version"));
      if (!is_tag) AddAlias(dataset + "/versions/" + get("hash"), requests);
    } else if (row.table == "jobs") {
      add({"/jobs/", get("id")});
      add({"/jobs/", get("id"), "/progress"});
      add({"/jobs/", get("id"), "/events"});
    } else if (row.table == "job_events") {
      add({"/jobs/", get("job_id"), "/events/", get("id")});
    } else if (row.table == "physical_table_revisions") {
      add({"/revisions/", get("id")});
    } else if (row.table == "file_metadata") {
      add({"/files/", get("id")});
    } else if (row.table == "manifest_files") {
      add({"/manifests/", get("hash")});
      add({"/manifests/", get("hash"), "/datasets"});
    } else if (row.table == "workers") {
      add({"/workers/", get("node_id")});
    }
  }
  for (const std::string& dataset : datasets) add({dataset, "/versions"});
  for (const std::string& version : versions) {
    const bool is_alias = version.ends_with("/latest") || version.ends_with("/dev");
    if (is_alias) AddAlias(version, requests);
    if (!is_alias) AddVersion(version, requests);
  }
  return requests;
}

}  // namespace tidemark::conformance
