"""A server and a worker apart, over PostgreSQL and a bucket."""

import pyarrow.fs
import pyarrow.parquet
from apart import Deployment, database, deploy_two, postgres  # noqa: F401 (fixtures)
from s3 import S3


def test_data_in_a_bucket(anvil, database, tmp_path):
    with S3() as s3:
        with Deployment(tmp_path, "--db", database, "--data", f"{s3.url}/lake/data",
                        environment=s3.environment) as parts:
            server, worker = parts.server(), parts.worker()
            anvil.mine_traffic(4)
            deploy_two(server, anvil, [worker])
            tables = server.wait_for_block(anvil.head(), "demo/part0")
            revision = server.get(f"/revisions/{tables['blocks']['revision_id']}")
            file = server.get("/files/1")
            assert file["url"].startswith(f"{s3.url}/lake/data/"), file
            objects = pyarrow.fs.S3FileSystem(
                access_key=s3.environment["AWS_ACCESS_KEY_ID"],
                secret_key=s3.environment["AWS_SECRET_ACCESS_KEY"],
                region=s3.environment["AWS_REGION"],
                endpoint_override=s3.environment["AWS_ENDPOINT_URL"])
            found = objects.get_file_info(pyarrow.fs.FileSelector(
                f"{s3.url.removeprefix('s3://')}/lake/data/{revision['path']}", recursive=True))
            rows = sum(pyarrow.parquet.read_metadata(one.path, filesystem=objects).num_rows
                       for one in found)
            assert rows == anvil.head() + 1
            assert server.stop() < 5 and worker.stop() < 5
