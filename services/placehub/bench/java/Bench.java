package placehub.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** What each program here has: what it was asked for, how an event is read, and a watch. */
final class Bench {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Map<Integer, Schema[]> SCHEMAS = new ConcurrentHashMap<>();

    final JsonNode asked;
    private final int events;
    private final int half;
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger done = new AtomicInteger();
    private volatile long began;
    private volatile long later;
    private volatile long laterBusy;
    private volatile long busy;
    private volatile Throwable failed;

    /** Everything that is asked for comes on the standard input, as one JSON object: passwords are among it. */
    Bench() throws IOException {
        asked = JSON.readTree(System.in);
        events = asked.get("events").asInt();
        half = events / 2;
    }

    /** Count an event that is about to be worked on; the first starts the watch. */
    void start() {
        if (began == 0) {
            begin();
        }
    }

    private synchronized void begin() {
        if (began == 0) {
            busy = processor();
            began = System.nanoTime();
        }
    }

    /** Count an event whose work is done. */
    void finish() {
        int count = done.incrementAndGet();
        if (count == half) {
            laterBusy = processor();
            later = System.nanoTime();
        }
        if (count == events) {
            over.countDown();
        }
    }

    /** Start the topology; return once every event is done. The caller closes it. */
    KafkaStreams run(Topology topology) throws Exception {
        KafkaStreams streams = new KafkaStreams(topology, config());
        streams.setUncaughtExceptionHandler(why -> {
            failed = why;
            over.countDown();
            return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        over.await();
        if (failed != null) {
            throw new IllegalStateException(failed);
        }
        return streams;
    }

    private Properties config() {
        Properties config = new Properties();
        asked.get("kafka").fields().forEachRemaining(one -> config.put(one.getKey(), one.getValue().asText()));
        config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.AT_LEAST_ONCE);
        return config;
    }

    /** Say what it took by now, and what else is told, as one JSON object. */
    void say(Map<String, ?> more) throws IOException {
        ObjectNode told = JSON.createObjectNode();
        told.put("seconds", (System.nanoTime() - began) / 1e9);
        told.put("later_a_second", (events - half) / ((System.nanoTime() - later) / 1e9));
        told.put("later_busy_us", (processor() - laterBusy) / 1e3 / (events - half));
        told.put("busy", (processor() - busy) / 1e9);
        told.put("memory_mb", mostMemory());
        more.forEach((name, value) -> told.putPOJO(name, value));
        System.out.println(JSON.writeValueAsString(told));
    }

    private static long processor() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime();
    }

    private static int mostMemory() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        return Files.readAllLines(status).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }

    /** Reads events; one for each thread, as its readers are not to be shared. */
    final class Codec {
        private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
        private BinaryDecoder decoder;

        /** Return the event of a value in the Confluent wire format. */
        GenericRecord decode(byte[] value) {
            GenericDatumReader<GenericRecord> reader =
                    readers.computeIfAbsent(ByteBuffer.wrap(value).getInt(1), this::reader);
            try {
                decoder = DecoderFactory.get().binaryDecoder(value, 5, value.length - 5, decoder);
                return reader.read(null, decoder);
            } catch (IOException why) {
                throw new IllegalStateException(why);
            }
        }

        private GenericDatumReader<GenericRecord> reader(int id) {
            Schema[] both = SCHEMAS.computeIfAbsent(id, Bench.this::schemas);
            return new GenericDatumReader<>(both[0], both[1]);
        }
    }

    /** Return what wrote a value, and what it is read as: items of lists that are only counted have no fields. */
    private Schema[] schemas(int id) {
        try {
            URI where = URI.create(asked.get("registry").asText() + "/schemas/ids/" + id);
            HttpResponse<String> answer =
                    HTTP.send(HttpRequest.newBuilder(where).build(), HttpResponse.BodyHandlers.ofString());
            JsonNode written = JSON.readTree(JSON.readTree(answer.body()).get("schema").asText());
            JsonNode read = written.deepCopy();
            String name = written.path("namespace").asText() + "." + written.get("name").asText();
            JsonNode counted = asked.path("counted").path(name);
            for (JsonNode field : read.get("fields")) {
                for (JsonNode one : counted) {
                    if (field.get("name").equals(one)) {
                        ((ObjectNode) field.get("type").get("items")).putArray("fields");
                    }
                }
            }
            return new Schema[] {parsed(written), parsed(read)};
        } catch (IOException | InterruptedException why) {
            throw new IllegalStateException(why);
        }
    }

    static Schema parsed(JsonNode schema) {
        return new Schema.Parser().parse(schema.toString());
    }

    /** Return when an event is said to have been, in microseconds since 1970. */
    static long time(Headers headers) {
        String text = new String(headers.lastHeader("ce_time").value());
        return ChronoUnit.MICROS.between(Instant.EPOCH, OffsetDateTime.parse(text).toInstant());
    }
}
