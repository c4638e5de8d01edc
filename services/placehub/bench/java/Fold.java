package placehub.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;
import org.postgresql.PGConnection;

/** The table `search` folded by Kafka Streams: rows in RocksDB with a cache and a changelog, copied out at the end. */
public final class Fold {
    private static final String STORE = "search";

    private final Bench bench = new Bench();
    private final Schema schema = Bench.parsed(bench.asked.get("row"));
    private final Map<String, String> areas = new HashMap<>();

    private Fold() throws IOException {
        bench.asked.get("areas").fields().forEachRemaining(one -> areas.put(one.getKey(), one.getValue().asText()));
    }

    public static void main(String[] words) throws Exception {
        new Fold().run();
        System.exit(0);
    }

    private void run() throws Exception {
        Topology topology = new Topology()
                .addSource("stream", new StringDeserializer(), new ByteArrayDeserializer(), bench.asked.get("stream").asText())
                .addProcessor("fold", Folding::new, "stream")
                .addStateStore(
                        Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(STORE), Serdes.String(), serde())
                                .withCachingEnabled(),
                        "fold");
        KafkaStreams streams = bench.run(topology);
        String rows = rows(streams);
        streams.close();
        copy(rows);
        bench.say(Map.of());
    }

    private final class Folding implements Processor<String, byte[], Void, Void> {
        private final Bench.Codec codec = bench.new Codec();
        private KeyValueStore<String, GenericRecord> store;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            store = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            bench.start();
            GenericRecord event = codec.decode(record.value());
            GenericRecord row = store.get(record.key());
            row = row == null ? blank(record.key()) : row;
            if (folded(row, event, Bench.time(record.headers()))) {
                store.put(record.key(), row);
            }
            bench.finish();
        }
    }

    /** Change a row as the event says, by the hub's own rules told again; return whether the event says anything. */
    private boolean folded(GenericRecord row, GenericRecord event, long at) {
        switch (event.getSchema().getName()) {
            case "EarlyNoticeGiven" -> sought(row, event, "notice_at", at);
            case "ReferralMade", "ReferralRevised" -> sought(row, event, "referral_at", at);
            case "InHouseSearchStarted" -> earliest(row, "in_house_started_at", at);
            case "InHouseSearchConcluded" -> {
                row.put("in_house_concluded_at", at);
                row.put("in_house_found", event.get("found"));
            }
            case "ReferralContinued" -> row.put("continues", event.get("continues"));
            case "OfferSelected" -> {
                Object recorded = event.get("recorded_for");
                row.put("selected_at", recorded == null ? at : recorded);
            }
            case "SelectionWithdrawn", "SearchResumed" -> row.put("selected_at", null);
            case "InterestExpressed" -> earliest(row, "first_interest_at", at);
            case "OfferMade" -> {
                count(row, "offers");
                earliest(row, "first_offer_at", at);
            }
            case "InvitationDeclined" -> count(row, "declines");
            case "SearchStarted" -> {
                if (row.get("search_started_at") == null) {
                    row.put("began_with", event.get("because"));
                }
                earliest(row, "search_started_at", at);
            }
            case "ProviderInvited" -> {
                count(row, "invitations");
                earliest(row, "first_invited_at", at);
            }
            case "InvitationLapsed" -> count(row, "lapses");
            case "NoFitFound" -> noFit(row, event, at);
            case "SelectionRefused" -> {
                row.put("selected_at", null);
                count(row, "selections_refused");
            }
            case "SearchClosed" -> {
                row.put("closed_at", at);
                row.put("outcome", event.get("outcome"));
            }
            case "SearchReopened" -> List.of("closed_at", "outcome", "selected_at").forEach(one -> row.put(one, null));
            default -> {
                return false;
            }
        }
        Object changed = row.get("changed_at");
        row.put("changed_at", changed == null ? at : Math.max((Long) changed, at));
        row.put("state", state(row));
        Object sector = row.get("sector");
        row.put("area", sector == null ? null : areas.get(sector.toString()));
        return true;
    }

    @SuppressWarnings("unchecked")
    private static void sought(GenericRecord row, GenericRecord event, String column, long at) {
        GenericRecord wanted = (GenericRecord) event.get("wanted");
        List<GenericRecord> children = (List<GenericRecord>) event.get("children");
        row.put("authority", event.get("authority"));
        row.put("agreement_id", event.get("agreement_id"));
        row.put("kind", wanted.get("kind"));
        row.put("sector", wanted.get("near_sector"));
        row.put("children", (int) children.stream().filter(one -> one.get("role").toString().equals("child")).count());
        row.put("age_bands", List.copyOf(children.stream()
                .filter(one -> one.get("age_band") != null && !one.get("age_band").toString().isEmpty())
                .map(one -> one.get("age_band").toString())
                .collect(Collectors.toCollection(TreeSet::new))));
        earliest(row, "need_known_at", (Long) event.get("need_known_at"));
        earliest(row, column, at);
    }

    @SuppressWarnings("unchecked")
    private static void noFit(GenericRecord row, GenericRecord event, long at) {
        if (row.get("no_fit_at") == null) {
            List<GenericRecord> relaxations = (List<GenericRecord>) event.get("relaxations");
            row.put("no_fit_at", at);
            row.put("lacking", relaxations.isEmpty() ? null : relaxations.get(0).get("criterion"));
        }
    }

    private static String state(GenericRecord row) {
        if (row.get("closed_at") != null) {
            return "closed";
        }
        if (row.get("placed_at") != null) {
            return "placed";
        }
        if (row.get("selected_at") != null) {
            return "selected";
        }
        if ((Integer) row.get("offers") > 0) {
            return "offers";
        }
        return row.get("search_started_at") != null ? "searching" : "noted";
    }

    private static void earliest(GenericRecord row, String column, long at) {
        Object known = row.get(column);
        row.put(column, known == null ? at : Math.min((Long) known, at));
    }

    private static void count(GenericRecord row, String column) {
        row.put(column, (Integer) row.get(column) + 1);
    }

    /** Return the row of a case of which nothing is known yet: a field's default is a column's. */
    private GenericRecord blank(String key) {
        GenericRecord row = new GenericData.Record(schema);
        schema.getFields().stream()
                .filter(one -> one.schema().getType() == Schema.Type.INT)
                .forEach(one -> row.put(one.pos(), 0));
        row.put("referral_id", key);
        return row;
    }

    private Serde<GenericRecord> serde() {
        GenericDatumWriter<GenericRecord> writer = new GenericDatumWriter<>(schema);
        GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
        return Serdes.serdeFrom(
                (topic, row) -> {
                    if (row == null) {
                        return null;
                    }
                    try {
                        ByteArrayOutputStream out = new ByteArrayOutputStream();
                        BinaryEncoder encoder = EncoderFactory.get().directBinaryEncoder(out, null);
                        writer.write(row, encoder);
                        return out.toByteArray();
                    } catch (IOException why) {
                        throw new IllegalStateException(why);
                    }
                },
                (topic, value) -> {
                    try {
                        return value == null
                                ? null
                                : reader.read(null, DecoderFactory.get().binaryDecoder(value, null));
                    } catch (IOException why) {
                        throw new IllegalStateException(why);
                    }
                });
    }

    /** Return every row as a line of CSV, in the order of the schema's fields. */
    private String rows(KafkaStreams streams) {
        StringBuilder lines = new StringBuilder();
        try (KeyValueIterator<String, GenericRecord> all = streams.store(StoreQueryParameters.fromNameAndType(
                        STORE, QueryableStoreTypes.<String, GenericRecord>keyValueStore()))
                .all()) {
            while (all.hasNext()) {
                KeyValue<String, GenericRecord> one = all.next();
                lines.append(schema.getFields().stream()
                                .map(field -> cell(field.schema(), one.value.get(field.pos())))
                                .collect(Collectors.joining(",")))
                        .append('\n');
            }
        }
        return lines.toString();
    }

    private static String cell(Schema field, Object value) {
        if (value == null) {
            return "";
        }
        if (value instanceof List<?> some) {
            return quoted(some.stream().map(one -> '"' + one.toString() + '"').collect(Collectors.joining(",", "{", "}")));
        }
        boolean time = field.isUnion()
                && field.getTypes().stream().anyMatch(one -> one.getLogicalType() instanceof LogicalTypes.TimestampMicros);
        return quoted(time ? Instant.EPOCH.plus((Long) value, ChronoUnit.MICROS).toString() : value.toString());
    }

    private static String quoted(String text) {
        return '"' + text.replace("\"", "\"\"") + '"';
    }

    private void copy(String rows) throws Exception {
        var database = bench.asked.get("database");
        String names = schema.getFields().stream().map(Schema.Field::name).collect(Collectors.joining("\", \"", "\"", "\""));
        try (Connection connection = DriverManager.getConnection(
                database.get("url").asText(), database.get("user").asText(), database.get("password").asText())) {
            connection.unwrap(PGConnection.class).getCopyAPI().copyIn(
                    "COPY \"" + bench.asked.get("schema").asText() + "\".\"search\" (" + names + ") FROM STDIN (FORMAT csv)",
                    new StringReader(rows));
        }
    }
}
