"""The public data sets, as frames."""

import gzip
import io
from pathlib import Path

import polars as pl

from benchmarks import files

SOURCES = {
    "ETTh1/ETTh1.csv.gz": "ETT-small/ETTh1.csv of github.com/zhouhaoyi/ETDataset",
    "m4_weekly/Weekly-train.csv.gz": "Dataset/Train/Weekly-train.csv of"
    " github.com/Mcompetitions/M4-methods",
    "m4_weekly/Weekly-test.csv.gz": "Dataset/Test/Weekly-test.csv of"
    " github.com/Mcompetitions/M4-methods",
    "m4_hourly/Hourly-train.csv.gz": "Dataset/Train/Hourly-train.csv of"
    " github.com/Mcompetitions/M4-methods",
    "m4_hourly/Hourly-test.csv.gz": "Dataset/Test/Hourly-test.csv of"
    " github.com/Mcompetitions/M4-methods",
    "m3_quarterly/m3_quarterly.csv.gz": "the quarterly series of data/M3.rda of"
    " github.com/robjhyndman/Mcomp, as id, time, y,",
    "exchange_rate/exchange_rate.txt.gz": "exchange_rate/exchange_rate.txt.gz of"
    " github.com/laiguokun/multivariate-time-series-data",
    "superstore_sales/DataSetSuperStore1.csv.gz": "the Tableau Superstore sample"
    " (DataSetSuperStore1.csv of github.com/nicter34/MiDataset)",
}


def find(name: str, folder: Path | None) -> Path:
    """The path of one file."""
    return files.find(name, folder, "forecasting", f"{SOURCES[name]} and gzip it there")


def read(name: str, folder: Path | None, *, header: bool = True) -> pl.DataFrame:
    """A gzipped CSV; latin-1 where it is not UTF-8."""
    raw = gzip.decompress(find(name, folder).read_bytes())
    try:
        raw.decode()
    except UnicodeDecodeError:
        raw = raw.decode("latin-1").encode()
    return pl.read_csv(io.BytesIO(raw), has_header=header, infer_schema_length=None)


def etth1(folder: Path | None) -> pl.DataFrame:
    """14,400 hours of 7 transformer loads and temperatures."""
    frame = read("ETTh1/ETTh1.csv.gz", folder).head(14_400)
    return frame.with_columns(pl.col("date").str.to_datetime())


def exchange_rate(folder: Path | None) -> pl.DataFrame:
    """7,588 days of 8 exchange rates against the dollar; the time is an index."""
    frame = read("exchange_rate/exchange_rate.txt.gz", folder, header=False)
    names = ["AU", "UK", "CA", "CH", "CN", "JP", "NZ", "SG"]
    return frame.rename(dict(zip(frame.columns, names, strict=True))).with_row_index("day")


def m4(folder: Path | None, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Series of the M4 competition and what followed them, long: id, time (an index), value."""
    parts = []
    for part in ("train", "test"):
        wide = read(f"m4_{name.lower()}/{name}-{part}.csv.gz", folder)
        long = wide.unpivot(index=wide.columns[0], variable_name="column").drop_nulls()
        place = pl.col("column").str.strip_prefix("V").cast(pl.Int64) - 2
        parts.append(
            long.select(
                pl.col(wide.columns[0]).alias("id"),
                place.alias("time"),
                pl.col("value").cast(pl.Float64, strict=False),
            ).drop_nulls()
        )
    train, test = parts
    ends = train.group_by("id").agg((pl.col("time").max() + 1).alias("end"))
    test = test.join(ends, on="id").with_columns(pl.col("time") + pl.col("end")).drop("end")
    return train.sort("id", "time"), test.sort("id", "time")


def m3_quarterly(folder: Path | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """756 quarterly series of the M3 competition and the 8 quarters after: id, time, value."""
    rows = read("m3_quarterly/m3_quarterly.csv.gz", folder).sort("id", "time")
    rows = rows.with_columns(pl.col("time").str.to_date(), pl.col("y").alias("value").cast(float))
    left = pl.len().over("id") - pl.int_range(pl.len()).over("id")
    rows = rows.select("id", "time", "value", left.alias("left"))
    last = pl.col("left") <= 8
    return rows.filter(~last).drop("left"), rows.filter(last).drop("left")


def weekly_sales(folder: Path | None) -> pl.DataFrame:
    """208 weeks of sales in dollars of three categories, from 9,800 order lines."""
    lines = read("superstore_sales/DataSetSuperStore1.csv.gz", folder)
    day = pl.col("Order_Date").str.to_date("%d/%m/%Y")
    sales = lines.select("Category", "Sales", day.alias("day")).sort("day")
    weeks = sales.with_columns(pl.col("day").dt.truncate("1w").alias("week"))
    totals = weeks.group_by("week", "Category").agg(pl.col("Sales").sum())
    first, last = totals["week"].min(), totals["week"].max()
    grid = pl.DataFrame({"week": pl.date_range(first, last, "1w", eager=True)}).join(
        totals.select("Category").unique(), how="cross"
    )
    full = grid.join(totals, on=["week", "Category"], how="left").fill_null(0.0)
    # The first and the last week are cut by the ends of the file.
    return full.filter(pl.col("week").is_between(first, last, closed="none")).sort(
        "Category", "week"
    )
