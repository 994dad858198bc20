"""The naive Spark job: the average price of each symbol in windows of 2 minutes that slide by 30 seconds.

All settings are Spark's defaults. Lines of JSON on standard output are for the benchmark: ``{"started": time}`` when
the query runs and ``{"batch": number, "written": time}`` when a batch's append has returned.
"""

import argparse
import json
import time
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import avg, col, from_json, timestamp_millis, window
from pyspark.sql.types import FloatType, LongType, StringType, StructField, StructType

TABLE = "naive_prices"
CREATE_TABLE = f"""CREATE TABLE {TABLE} (
    window_start timestamptz, window_end timestamptz, symbol text, average_price double precision
)"""
_SCHEMA = StructType(
    [
        StructField("symbol", StringType()),
        StructField("price", FloatType()),
        StructField("timestamp", LongType()),
    ]
)


def main() -> None:
    """Run until killed."""
    options = _options()
    builder = SparkSession.builder.appName("naive").config("spark.driver.extraClassPath", options.jars)
    spark = builder.master(options.master).getOrCreate()
    kafka = (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", options.kafka)
        .option("subscribe", options.topic)
        .option("startingOffsets", "earliest")
        .load()
    )
    trades = (
        kafka.select(from_json(col("value").cast("string"), _SCHEMA).alias("trade"))
        .select("trade.*")
        .withColumn("timestamp", timestamp_millis("timestamp"))
    )
    averages = (
        trades.withWatermark("timestamp", "10 seconds")
        .groupBy(window("timestamp", "2 minutes", "30 seconds"), "symbol")
        .agg(avg("price").alias("average_price"))
    )

    def write(batch: DataFrame, number: int) -> None:
        (
            batch.select(
                col("window.start").alias("window_start"),
                col("window.end").alias("window_end"),
                "symbol",
                "average_price",
            )
            .write.format("jdbc")
            .option("driver", "org.postgresql.Driver")
            .option("url", options.database)
            .option("dbtable", TABLE)
            .mode("append")
            .save()
        )
        _tell(batch=number, written=time.time())

    query = (
        averages.writeStream.outputMode("update")
        .foreachBatch(write)
        .option("checkpointLocation", options.checkpoint)
        .start()
    )
    _tell(started=time.time())
    query.awaitTermination()


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--kafka", "--topic", "--database", "--checkpoint", "--jars", "--master"):
        parser.add_argument(name, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    main()
