// Fetches the columns that an answer is computed from, of all files of a location, with libpq and
// nothing else: what a load of a table can at best cost. Prints wall and CPU time as JSON.
//
// usage: bare_fetch URL LOCATION
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <libpq-fe.h>

namespace {

[[noreturn]] void Fail(const char* what) {
  fmt::print(stderr, "bare_fetch: {}\n", what);
  std::exit(2);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + (static_cast<double>(time.tv_usec) / 1e6);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) Fail("see the head of its source");
  PGconn* connection = PQconnectdb(argv[1]);
  if (PQstatus(connection) != CONNECTION_OK) Fail(PQerrorMessage(connection));
  const auto began = std::chrono::steady_clock::now();
  const double cpu_s = CpuSeconds();
  const char* values[] = {argv[2]};
  PGresult* rows = PQexecParams(connection,
                                "SELECT id, object_size, metadata FROM file_metadata "
                                "WHERE location_id = $1::bigint ORDER BY id",
                                1, nullptr, values, nullptr, nullptr, 1);
  if (PQresultStatus(rows) != PGRES_TUPLES_OK) Fail(PQerrorMessage(connection));
  std::uint64_t bytes = 0;
  for (int row = 0; row < PQntuples(rows); ++row) {
    for (int column = 0; column < PQnfields(rows); ++column) {
      bytes += static_cast<std::uint64_t>(PQgetlength(rows, row, column));
    }
  }
  const double used_s = CpuSeconds() - cpu_s;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print(R"({{"rows":{},"bytes":{},"seconds":{:.4f},"cpu_s":{:.4f}}})"
             "\n",
             PQntuples(rows), bytes, took.count(), used_s);
  PQclear(rows);
  PQfinish(connection);
  return 0;
}
