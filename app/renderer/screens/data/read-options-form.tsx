import { Group, Input, NumberInput, Select, SimpleGrid, TagsInput, Text, TextInput } from "@mantine/core";
import type { FilePreview, ReadOptions } from "../../../../core/contract/entities.ts";
import { withOption } from "./column-mapping.ts";

interface ReadOptionsFormProps {
  readonly preview: FilePreview;
  /** Only what the person set; the rest is detected. */
  readonly chosen: ReadOptions;
  readonly onChange: (options: ReadOptions) => void;
}

const formats = [
  { value: "delimited", label: "Delimited text" },
  { value: "jsonl", label: "JSON lines" },
  { value: "parquet", label: "Parquet" },
  { value: "netflix", label: "Netflix Prize" },
  { value: "matrix", label: "Wide matrix" },
] as const;
const encodings = [
  { value: "utf-8", label: "UTF-8" },
  { value: "latin1", label: "Latin-1" },
  { value: "windows-1252", label: "Windows-1252" },
  { value: "utf-16le", label: "UTF-16 LE" },
  { value: "utf-16be", label: "UTF-16 BE" },
] as const;
const delimiters = [
  { value: ",", label: "Comma  ," },
  { value: "\t", label: "Tab" },
  { value: ";", label: "Semicolon  ;" },
  { value: "::", label: "Double colon  ::" },
  { value: "|", label: "Bar  |" },
  { value: " ", label: "Space" },
] as const;
const timeFormats = [
  { value: "unix-seconds", label: "Unix seconds" },
  { value: "unix-milliseconds", label: "Unix milliseconds" },
  { value: "unix-microseconds", label: "Unix microseconds" },
  { value: "iso-8601", label: "ISO 8601" },
  { value: "us-datetime", label: "Month/day/year" },
  { value: "eu-datetime", label: "Day.month.year" },
  { value: "excel-serial", label: "Excel serial number" },
  { value: "none", label: "No times" },
] as const;
const yesNo = [
  { value: "yes", label: "Yes" },
  { value: "no", label: "No" },
] as const;

/** How the file is read: what was detected, and what the person says instead. */
export function ReadOptionsForm({ preview, chosen, onChange }: ReadOptionsFormProps) {
  const used = preview.options;
  const set = <K extends keyof ReadOptions>(key: K, value: ReadOptions[K] | undefined) =>
    onChange(withOption(chosen, key, value));
  const text = used.format === undefined || used.format === "delimited" || used.format === "matrix";
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" verticalSpacing="xs">
      <Choice
        label="Format"
        data={formats}
        value={used.format ?? null}
        byHand={chosen.format !== undefined}
        onChoose={(value) => set("format", value)}
      />
      <Choice
        label="Encoding"
        data={encodings}
        value={used.encoding ?? null}
        byHand={chosen.encoding !== undefined}
        onChoose={(value) => set("encoding", value)}
      />
      {text && (
        <Choice
          label="Delimiter"
          data={withCurrent(delimiters, used.delimiter)}
          value={used.delimiter ?? null}
          byHand={chosen.delimiter !== undefined}
          onChoose={(value) => set("delimiter", value)}
        />
      )}
      {text && (
        <Choice
          label="First line is a header"
          data={yesNo}
          value={used.header === undefined ? null : used.header ? "yes" : "no"}
          byHand={chosen.header !== undefined}
          onChoose={(value) => set("header", value === undefined ? undefined : value === "yes")}
        />
      )}
      {text && (
        <Choice
          label="Decimal sign"
          data={[
            { value: "no", label: "Point  3.5" },
            { value: "yes", label: "Comma  3,5" },
          ]}
          value={used.decimalComma === true ? "yes" : "no"}
          byHand={chosen.decimalComma !== undefined}
          onChoose={(value) => set("decimalComma", value === undefined ? undefined : value === "yes")}
        />
      )}
      <Choice
        label="Time format"
        data={timeFormats}
        value={used.timeFormat ?? null}
        byHand={chosen.timeFormat !== undefined}
        onChoose={(value) => set("timeFormat", value)}
      />
      <ScaleField preview={preview} chosen={chosen} onChange={onChange} />
      <TextInput
        label="One user for all rows"
        description="For a personal export"
        placeholder="–"
        value={chosen.singleUserId ?? ""}
        onChange={({ currentTarget }) =>
          set("singleUserId", currentTarget.value === "" ? undefined : currentTarget.value)
        }
      />
      <TagsInput
        label="No-rating values"
        description="Enter after each"
        size="xs"
        placeholder="–"
        value={chosen.missingValues ?? used.missingValues ?? []}
        onChange={(values) => set("missingValues", values.length === 0 ? undefined : values)}
      />
    </SimpleGrid>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly data: readonly { readonly value: V; readonly label: string }[];
  readonly value: V | null;
  readonly byHand: boolean;
  readonly onChoose: (value: V | undefined) => void;
}

/** A drop-down that says whether its value was detected or chosen, and can go back to detection. */
function Choice<V extends string>({ label, data, value, byHand, onChoose }: ChoiceProps<V>) {
  return (
    <Select<V>
      label={label}
      description={byHand ? "Chosen by you" : value === null ? "Does not apply" : "Detected"}
      placeholder="–"
      data={data.map((entry) => ({ ...entry }))}
      value={value}
      clearable={byHand}
      clearButtonProps={{ "aria-label": `Detect ${label.toLowerCase()} again` }}
      onChange={(chosen) => onChoose(chosen ?? undefined)}
    />
  );
}

function withCurrent(
  known: readonly { readonly value: string; readonly label: string }[],
  current: string | undefined,
) {
  if (current === undefined || known.some(({ value }) => value === current)) return known;
  return [...known, { value: current, label: `“${current}”` }];
}

function ScaleField({ preview, chosen, onChange }: ReadOptionsFormProps) {
  const scale = chosen.scale ?? preview.scale;
  const set = (bound: "minimum" | "maximum", value: number | string) => {
    const number = Number(value);
    if (value === "" || !Number.isFinite(number)) onChange(withOption(chosen, "scale", undefined));
    else
      onChange({
        ...chosen,
        scale: { minimum: scale?.minimum ?? number, maximum: scale?.maximum ?? number, [bound]: number },
      });
  };
  return (
    <Input.Wrapper
      size="xs"
      label="Rating scale"
      labelElement="div"
      description={chosen.scale !== undefined ? "Chosen by you" : scale === null ? "Not seen" : "By the first lines"}
    >
      <Group mt={5} gap={6} wrap="nowrap">
        <NumberInput
          aria-label="Lowest rating"
          hideControls
          value={scale?.minimum ?? ""}
          onChange={(value) => set("minimum", value)}
        />
        <Text size="sm">to</Text>
        <NumberInput
          aria-label="Highest rating"
          hideControls
          value={scale?.maximum ?? ""}
          onChange={(value) => set("maximum", value)}
        />
      </Group>
    </Input.Wrapper>
  );
}
