"""What Spark alone makes of the trades topic: read it, and read and parse it. Prints records a second as JSON.

python -m bench.measures.spark_limits --kafka localhost:9092 --topic ns.name.trades --jars a.jar:b.jar --master local[2]
"""

import argparse
import json
import time

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col, from_json

from cryptostream_job.panes import RECORD

_ROUNDS = 4
"""The first ones compile; the best one counts, as a limit should."""


def main() -> None:
    """Measure and print."""
    options = _options()
    builder = SparkSession.builder.appName("limits").config("spark.driver.extraClassPath", options.jars)
    spark = builder.config("spark.ui.enabled", "false").master(options.master).getOrCreate()
    records = (
        spark.read.format("kafka")
        .option("kafka.bootstrap.servers", options.kafka)
        .option("kafka.isolation.level", "read_committed")
        .option("subscribe", options.topic)
        .load()
    )
    count = records.count()
    values = records.select("value")
    parsed = records.select(from_json(col("value").cast("string"), RECORD).alias("record")).select("record.*")
    print(json.dumps({"read": count / _best(values), "parse": count / _best(parsed)}), flush=True)
    spark.stop()


def _best(frame: DataFrame) -> float:
    """Seconds of the fastest round."""
    rounds = []
    for _ in range(_ROUNDS):
        began = time.monotonic()
        frame.write.format("noop").mode("overwrite").save()
        rounds.append(time.monotonic() - began)
    return min(rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--kafka", "--topic", "--jars", "--master"):
        parser.add_argument(name, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
