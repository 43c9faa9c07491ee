"""BD7xx: data that cannot be read, or does not fit what the spec declares."""

from __future__ import annotations

from bayesdsl.diagnostics.codes.row import Code
from bayesdsl.diagnostics.diagnostic import Severity

ROWS: tuple[Code, ...] = (
    Code(
        "BD701",
        "file-not-found",
        Severity.ERROR,
        "The data file does not exist",
        """
        The file that a data block names does not exist. A relative path is read from the directory of the spec, not
        from the directory the command was started in, so that a spec means the same wherever it is run from.
        """,
        """
        data nation from "ruged.csv" { rugged : real }
        """,
        """
        data nation from "rugged.csv" { rugged : real }
        """,
    ),
    Code(
        "BD702",
        "not-a-file",
        Severity.ERROR,
        "The name of a data file is that of something else",
        """
        A data block names one file, whose lines or rows become the members of its plate. A directory holds many files
        that need not belong together, and a device or a pipe may give other bytes at each reading, so that a run could
        not be repeated.
        """,
        """
        data nation from "data/" { rugged : real }
        """,
        """
        data nation from "data/rugged.csv" { rugged : real }
        """,
    ),
    Code(
        "BD703",
        "not-readable",
        Severity.ERROR,
        "The data file cannot be read",
        """
        The file exists, but the system does not let this user read it. Nothing is tried to get around that: who may
        read a file is for its owner to say, and a copy made elsewhere would no longer follow the original.
        """,
        """
        data nation from "/var/private/rugged.csv" { rugged : real }
        """,
        """
        data nation from "rugged.csv" { rugged : real }
        """,
    ),
    Code(
        "BD704",
        "data-too-large",
        Severity.ERROR,
        "The data is larger than the limit",
        """
        Tables are held in memory, so a file over the limit is refused before it fills the memory. The limit also holds
        for what a compressed file unpacks to.
        """,
        """
        data click from "all.csv.gz" { y : binary }
        """,
        """
        data click from "all.csv.gz" (max_gb = 8) { y : binary }
        """,
    ),
    Code(
        "BD705",
        "empty-file",
        Severity.ERROR,
        "The data file is empty",
        """
        The file holds nothing but blanks and comments, so there are no columns to read. Mostly the program that should
        have written it stopped early, or the file is another one of the same name.
        """,
        """
        $ cat rugged.csv
        $
        """,
        """
        $ cat rugged.csv
        rugged,log_gdp
        0.858,7.49
        """,
    ),
    Code(
        "BD706",
        "empty-table",
        Severity.ERROR,
        "The data has columns but no rows",
        """
        The source has columns but no rows, so there is nothing to learn from. A file of one line is often data without
        a header: then the names must be given.
        """,
        """
        x,y
        """,
        """
        x,y
        1,2
        """,
    ),
    Code(
        "BD707",
        "unknown-format",
        Severity.ERROR,
        "The format of the data file is not known",
        """
        The format is told by the end of the file's name, and this one says nothing known. Trying one format after
        another would read some files as something that they are not, with numbers that look right.
        """,
        """
        data nation from "rugged.dat" { rugged : real }
        """,
        """
        data nation from "rugged.dat" (format = "csv") { rugged : real }
        """,
    ),
    Code(
        "BD708",
        "other-format",
        Severity.ERROR,
        "The data file is of another format than it is read as",
        """
        The first bytes of the file show that it is of another format than its name or the spec says, as when a workbook
        is renamed to end in `.csv`. Read as text it would be columns of nonsense, or none.
        """,
        """
        data nation from "book.csv" { rugged : real }   # a renamed workbook
        """,
        """
        data nation from "sheet.csv" { rugged : real }   # saved as CSV
        """,
    ),
    Code(
        "BD709",
        "unsupported-object",
        Severity.ERROR,
        "What was given as data is not a table",
        """
        Data given from Python must have named columns, since a spec speaks of its columns by name: a path, a dict of
        arrays or a data frame. A bare array or a single series leaves open which column it is.
        """,
        """
        spec.run(data={"nation": frame["rugged"]})
        """,
        """
        spec.run(data={"nation": frame})
        """,
    ),
    Code(
        "BD710",
        "wrong-encoding",
        Severity.ERROR,
        "The data file is in another encoding",
        """
        Text files are read as UTF-8 unless the spec says otherwise. Guessing would silently change names with accents,
        so the bytes that do not fit are reported with what they look like.
        """,
        """
        data nation from "pays.csv" { gdp : real }   # written as Latin-1
        """,
        """
        data nation from "pays.csv" (encoding = "latin-1") { gdp : real }
        """,
    ),
    Code(
        "BD711",
        "nul-bytes",
        Severity.ERROR,
        "The data file has zero bytes in its text",
        """
        Text has no zero bytes. They come from a damaged disk or transfer, from UTF-16, or from a binary file, and
        dropping them would join fields that do not belong together.
        """,
        """
        $ tail -c 4 rugged.csv | xxd -p
        37000000
        """,
        """
        $ tail -c 4 rugged.csv | xxd -p
        372e350a
        """,
    ),
    Code(
        "BD712",
        "not-gzip",
        Severity.ERROR,
        "The data file is named as compressed and is not",
        """
        The name says that the file is compressed, and its bytes say that it is not. Some programs unpack a file when
        they save it and leave the name.
        """,
        """
        data nation from "rugged.csv.gz" { rugged : real }   # plain text
        """,
        """
        data nation from "rugged.csv" { rugged : real }
        """,
    ),
    Code(
        "BD713",
        "broken-gzip",
        Severity.ERROR,
        "The compressed data file is damaged",
        """
        The compressed file ends early or fails its own checksum, most often after an interrupted download. What can
        still be unpacked is only its first part, and a model fitted to that would be fitted to other data.
        """,
        """
        $ gzip -t rugged.csv.gz
        gzip: rugged.csv.gz: unexpected end of file
        """,
        """
        $ gzip -t rugged.csv.gz
        $
        """,
    ),
    Code(
        "BD714",
        "bad-quoting",
        Severity.ERROR,
        "A quote in the data file is not closed, or text follows it",
        """
        A field that begins with a quote must end with one, just before a separator or the end of the line. Reading on
        regardless would swallow rows without a word.
        """,
        """
        name,y
        "Smith "Bob" Jones",1
        """,
        """
        name,y
        "Smith ""Bob"" Jones",1
        """,
    ),
    Code(
        "BD715",
        "ragged-row",
        Severity.ERROR,
        "A row of the data file has too many or too few fields",
        """
        Every row must have as many fields as the header, since otherwise it is not known which field belongs to which
        column. Usual causes: a separator inside a field that is not quoted, a decimal comma, row names without a
        header.
        """,
        """
        x,y
        1,2
        3,4,5
        """,
        """
        x,y
        1,2
        3,4
        """,
    ),
    Code(
        "BD716",
        "duplicate-columns",
        Severity.ERROR,
        "Two columns of the data have one name",
        """
        The spec speaks of columns by name, and with two of one name it is not known which is meant. Taking the first or
        the last would be a guess about the data that no one sees.
        """,
        """
        x,y,x
        1,2,3
        """,
        """
        x,y,x2
        1,2,3
        """,
    ),
    Code(
        "BD717",
        "unnamed-column",
        Severity.ERROR,
        "A column of the data file has no name",
        """
        A column without a name cannot be used, and one that is not the first is mostly a sign of a separator too many.
        A first column without a name is taken for the row names that R and pandas write, and left out.
        """,
        """
        x,y,
        1,2,
        3,4,
        """,
        """
        x,y
        1,2
        3,4
        """,
    ),
    Code(
        "BD718",
        "wrong-separator",
        Severity.ERROR,
        "The fields of the data file are separated by something else",
        """
        The file makes a table with another separator than the one in use, and a single column with this one. Comma is
        the default for `.csv` and tab for `.tsv`, but where the comma is the decimal sign, programs write semicolons.
        Which of the two a comma is cannot be known from every file, so it is asked and not guessed.
        """,
        """
        data nation from "rugged.csv" { rugged : real }   # a;b;c inside
        """,
        """
        data nation from "rugged.csv" (sep = ";") { rugged : real }
        """,
    ),
    Code(
        "BD719",
        "web-page",
        Severity.ERROR,
        "The data file is a web page",
        """
        The file is HTML: an address that shows the data to people, or an error page that was saved under the data's
        name. The numbers may well be on the page, but among text and markup that change without the data changing.
        """,
        """
        data nation from "https://example.org/view/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
        """
        data nation from "https://example.org/raw/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    Code(
        "BD720",
        "broken-json",
        Severity.ERROR,
        "The data file is not valid JSON",
        """
        The file is not JSON. The place is that of the first character that cannot be understood: often a comma before a
        closing bracket, a missing quote, or `NaN`, which JSON does not have.
        """,
        """
        {"x": [1, 2,]}
        """,
        """
        {"x": [1, 2]}
        """,
    ),
    Code(
        "BD721",
        "json-shape",
        Severity.ERROR,
        "The JSON of the data file is not a table",
        """
        A table in JSON is a list of objects, one for each row, or an object of arrays, one for each column. Other
        nestings could be laid out as rows in more than one way, so none of them is chosen.
        """,
        """
        [[1, 2], [3, 4]]
        """,
        """
        [{"x": 1, "y": 2}, {"x": 3, "y": 4}]
        """,
    ),
    Code(
        "BD722",
        "unequal-lengths",
        Severity.ERROR,
        "The columns of the data have different lengths",
        """
        The columns of a table have one length. A file that holds arrays of several sizes holds several tables, and the
        spec must say which arrays make this one.
        """,
        """
        data school from "schools.json" { y : real }
        # {"y": [28, 8, -3], "weight": [1, 2]}
        """,
        """
        data school from "schools.json" (columns = ["y"]) { y : real }
        # {"y": [28, 8, -3], "weight": [1, 2]}
        """,
    ),
    Code(
        "BD723",
        "no-columns",
        Severity.ERROR,
        "The data has no columns",
        """
        Nothing in the source can be a column. A column is an array of numbers or text with one value for each row, or
        with one row of values for each row. Single numbers beside the columns, such as their length, are passed over.
        """,
        """
        {"y": [{"value": 28}, {"value": 8}, {"value": -3}]}
        """,
        """
        {"y": [28, 8, -3]}
        """,
    ),
    Code(
        "BD724",
        "broken-npz",
        Severity.ERROR,
        "The npz file cannot be read",
        """
        An npz file is an archive of arrays as `np.savez` writes it, and this one cannot be read as such: it is
        something else under that name, or it was cut off. An archive keeps its list of contents at its end, so what was
        cut off has none.
        """,
        """
        $ head -c 1000 all.npz > digits.npz
        """,
        """
        $ cp all.npz digits.npz
        """,
    ),
    Code(
        "BD725",
        "object-array",
        Severity.ERROR,
        "An array of the npz file holds Python objects",
        """
        An array of Python objects is stored as a pickle, and reading a pickle can run any code that its author put
        there. A data file never should, so such arrays are not read. Numbers and text need none of it.
        """,
        """
        np.savez("x.npz", x=np.array([1, None], dtype=object))
        """,
        """
        np.savez("x.npz", x=np.array([1, np.nan]))
        """,
    ),
    Code(
        "BD726",
        "broken-parquet",
        Severity.ERROR,
        "The Parquet file cannot be read",
        """
        The Parquet reader cannot read the file: it is cut off, damaged, or written with a feature that the reader
        lacks. A Parquet file keeps its description at its end, so a file that was cut off has none.
        """,
        """
        $ head -c 1000 all.parquet > rugged.parquet
        """,
        """
        $ cp all.parquet rugged.parquet
        """,
    ),
    Code(
        "BD727",
        "parquet-unavailable",
        Severity.ERROR,
        "Nothing is installed that reads Parquet",
        """
        Parquet is read by pyarrow or polars, whichever is installed. Both are large and most data come as text, so
        neither is required. One of them can be installed, or the table be saved as CSV.
        """,
        """
        $ pip uninstall polars pyarrow
        $ bayesdsl run rugged.bayes --data nation=rugged.parquet
        """,
        """
        $ pip install "bayesdsl[parquet]"
        $ bayesdsl run rugged.bayes --data nation=rugged.parquet
        """,
    ),
    Code(
        "BD730",
        "download-failed",
        Severity.ERROR,
        "The data could not be downloaded",
        """
        The address did not give the file: it is misspelt, the server does not answer, or there is no network. Once a
        file has been fetched it is kept by its checksum, and later runs need no network.
        """,
        """
        data nation from "https://example.org/ruged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
        """
        data nation from "https://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    Code(
        "BD731",
        "checksum-mismatch",
        Severity.ERROR,
        "The data is not that which the spec was written for",
        """
        The file's bytes are not those that the checksum in the spec was taken of. Results would then be about other
        data under the same name. If the change is meant, the spec gets the new checksum, and whoever reads it sees that
        the data changed.
        """,
        """
        data nation from "rugged.csv" (sha256 = "0000...") { rugged : real }
        """,
        """
        data nation from "rugged.csv" (sha256 = "9f86...") { rugged : real }
        """,
    ),
    Code(
        "BD732",
        "checksum-missing",
        Severity.ERROR,
        "The address of the data has no checksum",
        """
        What an address gives can change from one day to the next. A checksum in the spec fixes which data it was
        written for, and lets the file be kept and used without a network.
        """,
        """
        data nation from "https://example.org/rugged.csv" {
            rugged : real
        }
        """,
        """
        data nation from "https://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    Code(
        "BD733",
        "unsupported-address",
        Severity.ERROR,
        "The address of the data is of a kind that is not read",
        """
        Files are fetched by http and https alone. Other kinds of address need programs or passwords of their own, and
        what they give cannot be checked in the same way. A file that was downloaded by hand is named by its path.
        """,
        """
        data nation from "ftp://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
        """
        data nation from "https://example.org/rugged.csv" (
            sha256 = "9f86..."
        ) { rugged : real }
        """,
    ),
    Code(
        "BD740",
        "unknown-option",
        Severity.ERROR,
        "A data source has no such option",
        """
        An option that does not exist is a slip of the keyboard more often than not. Passing over it would read the file
        in another way than the spec says: with another separator, say, or with codes for missing values taken as
        numbers.
        """,
        """
        data nation from "rugged.csv" (seperator = ";") { rugged : real }
        """,
        """
        data nation from "rugged.csv" (sep = ";") { rugged : real }
        """,
    ),
    Code(
        "BD741",
        "bad-option",
        Severity.ERROR,
        "An option of a data source has a value it cannot have",
        """
        Options are checked before the file is opened, so that a wrong one is reported as itself, and not by the trouble
        that it makes further on: a separator that does not occur would give a table of one column.
        """,
        """
        data nation from "rugged.csv" (sep = ";;") { rugged : real }
        """,
        """
        data nation from "rugged.csv" (sep = ";") { rugged : real }
        """,
    ),
    Code(
        "BD742",
        "option-not-for-format",
        Severity.ERROR,
        "An option of a data source does nothing for its format",
        """
        The option means nothing for this format: a file of arrays has no separator. What it was meant to do would not
        happen, so it is better removed, or the file is of another format than was thought.
        """,
        """
        data digit from "digits.npz" (sep = ";") { pixels[pixel] : unit }
        """,
        """
        data digit from "digits.npz" { pixels[pixel] : unit }
        """,
    ),
    Code(
        "BD750",
        "bad-cell",
        Severity.ERROR,
        "A cell does not hold a value of its column's type",
        """
        A cell that is no number, in a column of numbers, is mostly a unit, a remark, a decimal comma, or a code for a
        missing value. Making it a missing value, or the column text, would change the data of the model without a word.
        So the cells are named with line and column, and the file or the spec says what they are.
        """,
        """
        name,weight
        Ann,61.5
        Bo,82 kg
        """,
        """
        name,weight
        Ann,61.5
        Bo,82
        """,
    ),
    Code(
        "BD751",
        "missing-values",
        Severity.ERROR,
        "Values are missing, and the spec does not say what to do",
        """
        Leaving out the rows with missing values is harmless where it is chance that they are missing, and biases the
        answers where it depends on the values themselves: the rich who do not tell their income. That is a judgement
        about the data, which no program can make. So the spec says that rows are dropped, and the run says how many.
        """,
        """
        data nation from "rugged.csv" {
            log_gdp : real = log(rgdppc_2000)     # 64 cells are empty
        }
        """,
        """
        data nation from "rugged.csv" {
            missing drop
            log_gdp : real = log(rgdppc_2000)
        }
        """,
    ),
    Code(
        "BD752",
        "missing-column",
        Severity.ERROR,
        "The data have no column of the name the spec reads",
        """
        A column of the model is made from columns of the file, found by their names as the header has them, capitals
        included. Where none has the name, it is a slip, a column that was renamed, or the wrong file, and no other
        column is taken in its place.
        """,
        """
        data house from "radon.csv" {         # county,floor,log_radon
            log_radon : real = logradon
        }
        """,
        """
        data house from "radon.csv" {
            log_radon : real
        }
        """,
    ),
    Code(
        "BD753",
        "outside-type",
        Severity.ERROR,
        "A value lies outside its column's type",
        """
        The type of a column is what the model takes for granted of it: the likelihood, the functions applied to it and
        its use as a standard deviation were checked against the type, not against the values. A value outside it is a
        mistake in the data, a code such as -99, or the wrong type, and each of these is mended in another way.
        """,
        """
        data person from "people.csv" {
            age : positive                    # -99 in some rows
        }
        """,
        """
        data person from "people.csv" (missing = ["", "-99"]) {
            missing drop
            age : positive
        }
        """,
    ),
    Code(
        "BD754",
        "outside-likelihood",
        Severity.ERROR,
        "A value lies where the likelihood has no density",
        """
        One value with density zero makes the posterior zero everywhere, so there is nothing left to infer. It happens
        at the edge of a type, as for a zero under a log-normal, and where the likelihood's range comes from the data,
        as for more successes than trials. Such values say that the likelihood is not that of these data, or that they
        hold a mistake.
        """,
        """
        data day { rain : nonnegative = [3.1, 0, 7.4] }
        mu ~ Normal(0, 1)
        observe rain ~ LogNormal(mu, 1)
        """,
        """
        data day { rain : nonnegative = [3.1, 0, 7.4] }
        rate ~ Gamma(2, 1)
        observe rain ~ Exponential(rate)
        """,
    ),
    Code(
        "BD755",
        "unseen-level",
        Severity.ERROR,
        "A level or key refers to no known member",
        """
        The levels of a category that refers to a list of names, or to another table by its key, are matched by what is
        written. One that matches nothing is mostly spelt differently in the two places, and a row of its own group
        would then tell the model nothing of the group it belongs to. When predicting, a group that was not in the data
        can be drawn from its prior, if the spec says so: `unseen county redraw`.
        """,
        """
        plate arm = ["placebo", "drug"]
        data patient {
            given : category(arm) = ["drug", "placebo", "Drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
        """
        plate arm = ["placebo", "drug"]
        data patient {
            given : category(arm) = ["drug", "placebo", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
    ),
    Code(
        "BD756",
        "no-rows-left",
        Severity.ERROR,
        "No rows are left after `where` and `missing drop`",
        """
        The file has rows, and none of them meets the conditions of the data block. The posterior would be the prior,
        from a run that looks as if it had used the data. Often a condition compares with a text that is spelt
        otherwise, or one unused column that is missing in every row drops them all.
        """,
        """
        data nation from "rugged.csv" {
            where continent == "africa"           # the file has "Africa"
            rugged : real
        }
        """,
        """
        data nation from "rugged.csv" {
            where continent == "Africa"
            rugged : real
        }
        """,
    ),
    Code(
        "BD757",
        "no-data",
        Severity.ERROR,
        "A table that must be given when run was not given",
        """
        A data block without a file and without values declares what its data look like and leaves open which they are,
        so that one spec serves many data sets. They are given with each run. There is no default, since results of the
        wrong data look like any others.
        """,
        """
        $ cat coin.bayes
        data toss { heads : binary }
        p ~ Beta(1, 1)
        observe heads ~ Bernoulli(p)
        $ bayesdsl run coin.bayes
        """,
        """
        $ bayesdsl run coin.bayes --data toss=tosses.csv
        """,
    ),
    Code(
        "BD758",
        "empty-group",
        Severity.WARNING,
        "A level has no rows",
        """
        Of a group without a single row the data say nothing: its posterior is what the prior and the other groups say
        of it. That is sound, and sometimes wanted, as for a county in which no house was measured. But it may also come
        from a filter that removed the group, or from a spelling that differs between tables.
        """,
        """
        plate arm = ["placebo", "drug", "surgery"]
        data patient {
            given : category(arm) = ["drug", "placebo", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
        """
        plate arm = ["placebo", "drug"]
        data patient {
            given : category(arm) = ["drug", "placebo", "drug"]
            y = [1.2, 0.7, 2.1]
        }
        a[arm] ~ Normal(0, 1)
        observe y ~ Normal(a[given], 1)
        """,
    ),
    Code(
        "BD759",
        "collinear",
        Severity.WARNING,
        "A column is a linear combination of others",
        """
        If one predictor is the sum of two others, their coefficients can be changed together without changing any
        prediction. The likelihood is constant along that direction and the posterior is the prior there: each
        coefficient looks uncertain, predictions are not affected, and sampling is slow. The same holds for a constant
        column beside an intercept.
        """,
        """
        data leaf {
            left  = [1.0, 2.5, 2.0, 4.0, 3.5]
            right = [2.0, 1.5, 3.0, 2.5, 4.0]
            both  = [3.0, 4.0, 5.0, 6.5, 7.5]
            y     = [1.2, 0.7, 2.1, 2.6, 3.0]
        }
        b, c, d ~ Normal(0, 1)
        observe y ~ Normal(b * left + c * right + d * both, 1)
        """,
        """
        data leaf {
            left  = [1.0, 2.5, 2.0, 4.0, 3.5]
            right = [2.0, 1.5, 3.0, 2.5, 4.0]
            y     = [1.2, 0.7, 2.1, 2.6, 3.0]
        }
        b, c ~ Normal(0, 1)
        observe y ~ Normal(b * left + c * right, 1)
        """,
    ),
    Code(
        "BD760",
        "column-expression",
        Severity.ERROR,
        "A column's expression has no value for some rows",
        """
        The logarithm of zero is infinite, a division by zero has no value, and a text is no number. A single such value
        in a predictor or an outcome makes the density of all data undefined. Whether the row is wrong, belongs left
        out, or asks for another transformation is a question about the data, so it is reported and not repaired.
        """,
        """
        data town from "towns.csv" {
            log_income : real = log(income)       # income is 0 in two rows
        }
        """,
        """
        data town from "towns.csv" {
            where income > 0
            log_income : real = log(income)
        }
        """,
    ),
    Code(
        "BD761",
        "model-too-large",
        Severity.ERROR,
        "The plates together are larger than memory",
        """
        A quantity over two plates has a value for each pair of their members, and the number of pairs grows faster than
        one expects. Past the limit no computer at hand could hold the values, let alone a draw of them for each step,
        so this is said before memory runs out. Mostly one of the plates is not needed, or is reached through an index
        by row.
        """,
        """
        plate person = 40_000
        plate friend = 40_000
        data obs { y = [1.2, 0.7, 2.1] }
        link[person, friend] ~ Normal(0, 1)
        observe y ~ Normal(mean[person, friend](link), 1)
        """,
        """
        plate person = 400
        plate friend = 400
        data obs { y = [1.2, 0.7, 2.1] }
        link[person, friend] ~ Normal(0, 1)
        observe y ~ Normal(mean[person, friend](link), 1)
        """,
    ),
    Code(
        "BD762",
        "unknown-table",
        Severity.ERROR,
        "Data are given for a table that the spec does not have",
        """
        Data given for a run take the place of a data block, which is found by the name of its plate. Data for a table
        that does not exist would not be used, and the model would run on whatever the spec itself names, under the
        impression that it ran on the new data.
        """,
        """
        $ bayesdsl run radon.bayes --data houses=new.csv
        """,
        """
        $ bayesdsl run radon.bayes --data house=new.csv
        """,
    ),
    Code(
        "BD763",
        "matrix-size",
        Severity.ERROR,
        "A matrix has another size than its plate",
        """
        The members of a plate are the same everywhere: where it is declared, in each matrix of data over it, and in
        each quantity of the model. Of two different sizes the larger has members that the smaller knows nothing of. The
        same holds for arguments that follow from the levels of a category: ordered outcomes have one cut point fewer
        than levels.
        """,
        """
        data answer { grade : category = ["low", "mid", "high", "mid"] }
        plate cut = 3
        c[cut] : ordered ~ Normal(0, 2)
        observe grade ~ OrderedLogistic(0, c)
        """,
        """
        data answer { grade : category = ["low", "mid", "high", "mid"] }
        plate cut = 2
        c[cut] : ordered ~ Normal(0, 2)
        observe grade ~ OrderedLogistic(0, c)
        """,
    ),
    Code(
        "BD764",
        "duplicate-key",
        Severity.ERROR,
        "Two rows of a table have the same key",
        """
        A key gives each row of a table its name, by which the rows of other tables refer to it. If two rows have the
        same name, a reference to it could mean either, and the group would get the predictors of whichever came first.
        Often the table has one row a year, or a county of the same name in two states.
        """,
        """
        name,uranium
        Aitkin,0.50
        Anoka,0.43
        Aitkin,0.55
        """,
        """
        name,uranium
        Aitkin,0.50
        Anoka,0.43
        Becker,0.55
        """,
    ),
    Code(
        "BD765",
        "source-in-parts",
        Severity.ERROR,
        "A file that can only be read whole is to be read in parts",
        """
        With `stream = true` a table is read some rows at a time, and twice where something of all rows is needed. Text,
        Parquet and numpy's plain archives can be read so. What is compressed as a whole, an address and JSON cannot:
        where a row stands in them is not known before everything in front of it is read.
        """,
        """
        data visit from "visits.csv.gz" (stream = true) { seconds : positive }
        """,
        """
        data visit from "visits.csv" (stream = true) { seconds : positive }
        """,
    ),
    Code(
        "BD766",
        "column-in-parts",
        Severity.ERROR,
        "A function needs a whole column of a table read in parts",
        """
        The mean and the spread of a column are put together from those of its parts, so `zscore`, `center` and
        `rescale` of a table of any length can be had. A rank cannot: it takes all values at once, in order.
        """,
        """
        data visit from "visits.csv" (stream = true) {
            seconds : positive
            place   : real = rank(seconds)
        }
        """,
        """
        data visit from "visits.csv" (stream = true) {
            seconds : positive
            place   : real = zscore(log(seconds))
        }
        """,
    ),
    Code(
        "BD767",
        "table-in-parts",
        Severity.ERROR,
        "A table that is needed whole is to be read in parts",
        """
        A table read in parts keeps its rows on disk, and each minibatch takes some of them. Names of its rows would
        have to be in memory all the same, and so would what other tables look up in it. Group-level tables are small
        beside the rows that refer to them: read those whole, and the long one in parts.
        """,
        """
        data county from "counties.csv" (key = "name", stream = true) { x : real }
        data house from "houses.csv" { county : category; y : real }
        """,
        """
        data county from "counties.csv" (key = "name") { size : real }
        data house from "houses.csv" (stream = true) { county : category; y : real }
        """,
    ),
    Code(
        "BD768",
        "layer-sizes-of-data",
        Severity.ERROR,
        "The data have other sizes than a layer takes",
        """
        Where a plate gets its members from the data, only the data tell whether the numbers in a layer are right: an
        `Unflatten(1, [1, 3])` of pixels takes three of them. Sizes that are written as plates always fit; a plate with
        a number of members, `plate pixel = 3`, is held against a layer before there are data.
        """,
        """
        p1,p2,p3,p4
        0,1,0,1
        1,1,0,0
        """,
        """
        p1,p2,p3
        0,1,0
        1,1,0
        """,
    ),
)
