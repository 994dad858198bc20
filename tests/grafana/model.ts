// A dashboard as Grafana's own types describe it, with the options that its panels' types know. JSON has words where the
// types have enumerations.
import type * as grafana from '@grafana/schema';
import type * as barChart from '@grafana/schema/dist/types/raw/composable/barchart/panelcfg/x/types.gen';
import type * as barGauge from '@grafana/schema/dist/types/raw/composable/bargauge/panelcfg/x/types.gen';
import type * as candlestick from '@grafana/schema/dist/types/raw/composable/candlestick/panelcfg/x/types.gen';
import type * as heatmap from '@grafana/schema/dist/types/raw/composable/heatmap/panelcfg/x/types.gen';
import type * as histogram from '@grafana/schema/dist/types/raw/composable/histogram/panelcfg/x/types.gen';
import type * as pieChart from '@grafana/schema/dist/types/raw/composable/piechart/panelcfg/x/types.gen';
import type * as stat from '@grafana/schema/dist/types/raw/composable/stat/panelcfg/x/types.gen';
import type * as stateTimeline from '@grafana/schema/dist/types/raw/composable/statetimeline/panelcfg/x/types.gen';
import type * as table from '@grafana/schema/dist/types/raw/composable/table/panelcfg/x/types.gen';
import type * as text from '@grafana/schema/dist/types/raw/composable/text/panelcfg/x/types.gen';
import type * as timeSeries from '@grafana/schema/dist/types/raw/composable/timeseries/panelcfg/x/types.gen';

type Plain<T> = unknown extends T
  ? T
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : T extends Array<infer Element>
        ? Plain<Element>[]
        : { [Key in keyof T]: Plain<T[Key]> };

type Source<Type extends string, Variable extends string> = { type: Type; uid: `\${${Variable}}` };
type Database = Source<'grafana-postgresql-datasource', 'datasource'>;
type Prometheus = Source<'prometheus', 'prometheus'>;

interface SqlTarget {
  datasource: Database;
  editorMode: 'code';
  format: 'table' | 'time_series';
  rawQuery: true;
  rawSql: string;
  refId: string;
}
interface PrometheusTarget {
  datasource: Prometheus;
  expr: string;
  instant: false;
  legendFormat: string;
  range: true;
  refId: string;
}

// Grafana's panels know a palette that its schema has left out.
type Colour = Plain<Omit<grafana.FieldColor, 'mode'>> & { mode: Plain<grafana.FieldColor['mode']> | 'palette-colorblind' };

// What every panel has: no panel goes without a description, a place, or a word for when there is nothing to show.
type Panel<Type extends string, Options, Custom = never> = Plain<
  Omit<grafana.Panel, 'type' | 'options' | 'fieldConfig' | 'targets' | 'datasource'>
> & {
  type: Type;
  id: number;
  title: string;
  description: string;
  gridPos: { h: number; w: number; x: number; y: number };
  datasource: Database | Prometheus;
  targets: Array<SqlTarget | PrometheusTarget>;
  options: Plain<Options>;
  fieldConfig: {
    defaults: Plain<Omit<grafana.FieldConfig, 'custom' | 'color'>> & {
      noValue: string;
      color: Colour;
      custom?: Plain<Partial<Custom>>;
    };
    overrides: Plain<grafana.FieldConfigSource['overrides']>;
  };
};

type AnyPanel =
  | Panel<'barchart', barChart.Options, barChart.FieldConfig>
  | Panel<'bargauge', barGauge.Options>
  | Panel<'candlestick', Partial<candlestick.Options>, grafana.GraphFieldConfig>
  | Panel<'heatmap', heatmap.Options, heatmap.FieldConfig>
  | Panel<'histogram', histogram.Options, histogram.FieldConfig>
  | Panel<'piechart', pieChart.Options>
  | Panel<'stat', stat.Options>
  | Panel<'state-timeline', stateTimeline.Options, stateTimeline.FieldConfig>
  | Panel<'table', table.Options, grafana.TableFieldOptions>
  | Panel<'text', text.Options>
  | Panel<'timeseries', timeSeries.Options, timeSeries.FieldConfig>;

type Row = Plain<Omit<grafana.RowPanel, 'panels'>> & { panels: AnyPanel[] };

type Variable = Plain<Omit<grafana.VariableModel, 'datasource'>> & { datasource?: Database } & (
    | { type: 'interval'; auto: true; auto_min: string; auto_count: number }
    | { type: Exclude<Plain<grafana.VariableModel['type']>, 'interval'> }
  );

type Annotation = Plain<Omit<grafana.AnnotationQuery, 'target' | 'datasource'>> & {
  datasource: Database;
  target: SqlTarget;
};

export type Dashboard = Plain<Omit<grafana.Dashboard, 'panels' | 'templating' | 'annotations'>> & {
  uid: string;
  title: string;
  description: string;
  refresh: string;
  panels: Array<AnyPanel | Row>;
  templating: { list: Variable[] };
  annotations?: { list: Annotation[] };
};
