package placehub.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The two-way match by Kafka Streams: a home that opens against every search so far, a search that begins against every
 * home. Both are kept as they came in a store in memory with a changelog, and beside it as plain objects to go through.
 */
public final class Match {
    private static final String STORE = "seen";

    private final Bench bench = new Bench();
    private final JsonNode sectors = bench.asked.get("sectors");
    private final JsonNode ages = bench.asked.get("ages");
    private final double usualReach = bench.asked.get("reach").asDouble();
    private final double mile = bench.asked.get("mile").asDouble();
    private final int beyond = bench.asked.get("beyond").asInt();
    private volatile long pairs;
    private volatile long mark;

    private Match() throws IOException {}

    public static void main(String[] words) throws Exception {
        new Match().run();
        System.exit(0);
    }

    private void run() throws Exception {
        Topology topology = new Topology()
                .addSource("stream", new StringDeserializer(), new ByteArrayDeserializer(), bench.asked.get("stream").asText())
                .addProcessor("match", Matching::new, "stream")
                .addStateStore(
                        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray())
                                .withCachingEnabled(),
                        "match");
        bench.run(topology).close();
        bench.say(Map.of("pairs", pairs, "mark", mark));
    }

    private record Home(long id, Double east, Double north, int places, int together, int low, int high, String sex, Set<String> kinds) {}

    private record Child(Integer low, Integer high, String sex) {}

    private record Search(long id, Double east, Double north, double square, String kind, List<Child> children) {}

    private final class Matching implements Processor<String, byte[], Void, Void> {
        private final Bench.Codec codec = bench.new Codec();
        private final List<Home> homes = new ArrayList<>();
        private final List<Search> searches = new ArrayList<>();
        private KeyValueStore<String, byte[]> store;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            store = context.getStateStore(STORE);
        }

        @Override
        public void process(Record<String, byte[]> record) {
            bench.start();
            GenericRecord event = codec.decode(record.value());
            long found = 0;
            long marked = 0;
            if (event.getSchema().getName().equals("VacancyOpened")) {
                Home home = home(event);
                homes.add(home);
                for (Search one : searches) {
                    if (fits(home, one)) {
                        found++;
                        marked ^= home.id ^ one.id;
                    }
                }
            } else {
                Search search = search(event);
                searches.add(search);
                for (Home one : homes) {
                    if (fits(one, search)) {
                        found++;
                        marked ^= one.id ^ search.id;
                    }
                }
            }
            store.put(record.key(), record.value());
            pairs += found;
            mark ^= marked;
            bench.finish();
        }
    }

    private boolean fits(Home home, Search search) {
        if (search.kind != null && !home.kinds.isEmpty() && !home.kinds.contains(search.kind)) {
            return false;
        }
        if (search.east != null && home.east != null) {
            double east = home.east - search.east;
            double north = home.north - search.north;
            if (east * east + north * north > search.square) {
                return false;
            }
        }
        int needed = search.children.size();
        if (home.places < needed || needed > 1 && home.together >= 0 && home.together < needed) {
            return false;
        }
        return search.children.stream().allMatch(one -> takes(home, one));
    }

    private boolean takes(Home home, Child child) {
        boolean age = child.low == null
                || child.low <= home.high && home.low <= child.high
                || child.low - home.high <= beyond && home.low - child.high <= beyond;
        boolean other = "M".equals(child.sex) && home.sex.equals("F") || "F".equals(child.sex) && home.sex.equals("M");
        return age && !other;
    }

    @SuppressWarnings("unchecked")
    private Home home(GenericRecord event) {
        GenericRecord home = (GenericRecord) event.get("home");
        JsonNode place = sectors.get(home.get("postcode_sector").toString());
        Set<String> kinds = new HashSet<>();
        ((List<Object>) home.get("kinds")).forEach(one -> kinds.add(one.toString()));
        Object together = home.get("sibling_places");
        return new Home(
                id(event.get("vacancy_id")),
                place == null ? null : place.get(0).asDouble(),
                place == null ? null : place.get(1).asDouble(),
                ((Number) home.get("places")).intValue(),
                together == null ? -1 : ((Number) together).intValue(),
                ((Number) home.get("min_age")).intValue(),
                ((Number) home.get("max_age")).intValue(),
                home.get("sex").toString(),
                kinds);
    }

    @SuppressWarnings("unchecked")
    private Search search(GenericRecord event) {
        GenericRecord wanted = (GenericRecord) event.get("wanted");
        Object near = wanted.get("near_sector");
        JsonNode place = near == null ? null : sectors.get(near.toString());
        Object miles = wanted.get("within_miles");
        double reach = miles == null ? usualReach : ((Number) miles).intValue() * mile;
        List<Child> children = ((List<GenericRecord>) event.get("children")).stream().map(this::child).toList();
        return new Search(
                id(event.get("referral_id")),
                place == null ? null : place.get(0).asDouble(),
                place == null ? null : place.get(1).asDouble(),
                reach * reach,
                wanted.get("kind") == null ? null : wanted.get("kind").toString(),
                children);
    }

    private Child child(GenericRecord child) {
        Object band = child.get("age_band");
        JsonNode years = band == null ? null : ages.get(band.toString());
        return new Child(
                years == null ? null : years.get(0).asInt(),
                years == null ? null : years.get(1).asInt(),
                child.get("sex") == null ? null : child.get("sex").toString());
    }

    /** Return what stands for an id in the mark of all pairs: its lower half. */
    private static long id(Object text) {
        return UUID.fromString(text.toString()).getLeastSignificantBits();
    }
}
