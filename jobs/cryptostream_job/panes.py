"""Trades to panes in Spark: one stateful aggregation, one row per symbol and pane, and one per gap record.

Whoever changes the aggregation's keys or columns raises ``checkpoint.STATE_LAYOUT``.

The rules (late trades, which pane a record belongs to, what each column means) are in docs/data-contracts.md.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the name that every Spark user reads
from pyspark.sql.types import BooleanType, IntegerType, LongType, StringType, StructField, StructType

from cryptostream_job.model import Geometry
from cryptostream_model.records import SCHEMA_VERSION
from cryptostream_model.sizes import SIZE_CLASSES, SIZE_THRESHOLDS

PRICE = "decimal(38,18)"
EARLIEST = 1_230_768_000_000_000
"""2009-01-01 in UTC microseconds: no crypto market is older."""
LATEST = 4_102_444_800_000_000
"""2100-01-01 in UTC microseconds."""
LARGEST_ID = 2**53
"""Bound of ids, so that sums over them stay within 64 bits; JSON readers lose digits beyond it."""
OBSERVED = "records"
"""Name under which a micro-batch's counts of records appear in the query's progress."""

RECORD = StructType(
    [
        StructField("v", IntegerType()),
        StructField("type", StringType()),
        StructField("exchange", StringType()),
        StructField("symbol", StringType()),
        StructField("id", LongType()),
        StructField("price", StringType()),
        StructField("quantity", StringType()),
        StructField("side", StringType()),
        StructField("fills", IntegerType()),
        StructField("time", LongType()),
        StructField("clock", LongType()),
        StructField("backfilled", BooleanType()),
        StructField("fromId", LongType()),
        StructField("toId", LongType()),
        StructField("reason", StringType()),
    ]
)

_SIZES = [f"size_{number}" for number in range(SIZE_CLASSES)]
_GAP = "struct<fromId: bigint, toId: bigint, reason: string, clock: bigint>"


def read_records(kafka: DataFrame) -> DataFrame:
    """Kafka rows (value, partition) to records, unreadable ones counted under OBSERVED and left out."""
    parsed = kafka.select(
        F.from_json(F.col("value").cast("string"), RECORD, {"mode": "PERMISSIVE"}).alias("record"), "partition"
    ).select("record.*", "partition")
    typed = parsed.withColumns(
        {
            "price": F.col("price").try_cast(PRICE),
            # From the text: Spark turns a decimal of this width into a double by way of a text of its own.
            "price_double": F.col("price").try_cast("double"),
            "quantity": F.col("quantity").try_cast("double"),
        }
    ).withColumn("readable", F.coalesce(_readable(), F.lit(False)))
    observed = typed.observe(
        OBSERVED,
        F.count(F.lit(1)).alias("read"),
        F.count_if(~F.col("readable")).alias("unreadable"),
        F.count_if(F.col("v") > SCHEMA_VERSION).alias("newer_schema"),
    )
    return observed.where("readable").drop("readable", "v")


def aggregate_panes(records: DataFrame, geometry: Geometry, state_retention_seconds: int) -> DataFrame:
    """Records to panes: times as microseconds, in the field names of ``model.Pane``.

    Each gap record makes a row of its own besides, with ``gap`` set (fromId, toId, reason, clock), of which no other
    column means anything: sets and texts among the aggregates would cost their compiled form, and Spark would generate
    code for each task of each batch anew. For the same reason a symbol's exchange is a key, though it has but one.
    """
    is_trade = F.col("type") == "trade"
    late = is_trade & (
        _pane_start("time", geometry) + F.lit(geometry.pane + geometry.allowed_lateness) <= F.col("clock")
    )
    quote = F.col("price_double") * F.col("quantity")
    no_gap = F.lit(None).cast(_GAP)
    prepared = records.withColumns(
        {
            "late": late,
            "on_time": is_trade & ~late,
            "pane": F.timestamp_micros(
                F.when(is_trade & ~late, _pane_start("time", geometry)).otherwise(_pane_start("clock", geometry))
            ),
            "quote": quote,
            "size_class": F.when(is_trade & ~late, _size_class(quote)),
            "rush": is_trade & ~late & (F.col("fills") >= 2),
            "buy": F.col("side") == "buy",
            "gap": F.explode(
                F.when(
                    F.col("type") == "gap", F.array(no_gap, F.struct("fromId", "toId", "reason", "clock"))
                ).otherwise(F.array(no_gap))
            ),
        }
    )
    on_time = F.col("on_time")
    bought = on_time & F.col("buy")
    ordered_id = F.when(on_time, F.col("id"))
    price = F.when(on_time, F.col("price"))
    price_double = F.when(on_time, F.col("price_double"))
    panes = (
        prepared.withWatermark("pane", f"{state_retention_seconds} seconds")
        .groupBy("symbol", "exchange", "pane", "gap")
        .agg(
            F.count_if(on_time).alias("trades"),
            F.min(ordered_id).alias("first_id"),
            F.max(ordered_id).alias("last_id"),
            F.min_by(price, ordered_id).alias("open"),
            F.max(price).alias("high"),
            F.min(price).alias("low"),
            F.max_by(price, ordered_id).alias("close"),
            F.avg(price_double).alias("mean_price"),
            F.var_pop(price_double).alias("variance_price"),
            _sum(F.when(on_time, F.col("quantity"))).alias("volume"),
            _sum(F.when(on_time, F.col("quote"))).alias("quote_volume"),
            _sum(F.when(bought, F.col("quantity"))).alias("taker_buy_volume"),
            _sum(F.when(bought, F.col("quote"))).alias("taker_buy_quote_volume"),
            F.count_if("rush").alias("rush_orders"),
            _sum(F.when(F.col("rush"), F.col("quote"))).alias("rush_volume"),
            F.count_if(F.col("rush") & F.col("buy")).alias("rush_buy_orders"),
            F.count_if("late").alias("late_trades"),
            F.coalesce(F.sum(F.col("toId") - F.col("fromId") + 1), F.lit(0)).alias("missing_ids"),
            F.count_if(on_time & F.col("backfilled")).alias("backfilled_trades"),
            F.min("clock").alias("first_clock"),
            F.max("clock").alias("clock"),
            F.max("partition").alias("partition"),
            *(F.count_if(F.col("size_class") == number).alias(name) for number, name in enumerate(_SIZES)),
        )
    )
    return panes.withColumns(
        {
            "start": F.unix_micros("pane"),
            "m2_price": F.col("variance_price") * F.col("trades"),
            "trade_sizes": F.array(*_SIZES),
        }
    ).drop("pane", "variance_price", *_SIZES)


def _pane_start(time: str, geometry: Geometry) -> Column:
    return F.col(time) - F.col(time) % F.lit(geometry.pane)


def _size_class(value: Column) -> Column:
    """As ``sizes.size_class``: what is below none of the thresholds is in the last class."""
    smaller = F.when(value < SIZE_THRESHOLDS[0], 0)
    for number, threshold in enumerate(SIZE_THRESHOLDS[1:], start=1):
        smaller = smaller.when(value < threshold, number)
    return smaller.otherwise(SIZE_CLASSES - 1)


def _sum(column: Column) -> Column:
    return F.coalesce(F.sum(column), F.lit(0.0))


def _readable() -> Column:
    """Whether a record has all that its type needs, within sane bounds."""
    common = (F.col("v") == SCHEMA_VERSION) & _text("symbol") & _text("exchange") & _sane("clock")
    trade = (
        (F.col("type") == "trade")
        & F.col("id").between(0, LARGEST_ID)
        & (F.col("price") > 0)
        & (F.col("quantity") > 0)
        & (F.col("quantity") < float("inf"))
        & F.col("side").isin("buy", "sell")
        & (F.col("fills") >= 1)
        & F.col("backfilled").isNotNull()
        & _sane("time")
        & (F.col("time") <= F.col("clock"))
    )
    gap = (
        (F.col("type") == "gap")
        & (F.col("fromId") >= 0)
        & (F.col("fromId") <= F.col("toId"))
        & (F.col("toId") <= LARGEST_ID)
        & _text("reason")
    )
    return common & (F.coalesce(trade, F.lit(False)) | F.coalesce(gap, F.lit(False)) | (F.col("type") == "progress"))


def _text(column: str) -> Column:
    """Neither empty nor with a NUL, which the database does not take."""
    return (F.length(column) > 0) & ~F.contains(F.col(column), F.lit("\0"))


def _sane(time: str) -> Column:
    return F.col(time).between(EARLIEST, LATEST)
