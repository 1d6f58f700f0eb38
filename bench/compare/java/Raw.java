package vn.truc.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The reference line: messages straight into three quorum queues, nothing verified. Arguments: AMQP
 * port, messages, bytes of a message, and the processes of the broker. Prints one JSON object.
 */
public final class Raw {
    private static final List<String> RECIPIENTS = List.of("a", "b", "c");
    private static final int UNCONFIRMED_MAX = 1_000;
    private static final double TICKS_PER_SECOND = 100; // of /proc, on every Linux (USER_HZ)

    private Raw() {
    }

    public static void main(String[] arguments) throws Exception {
        var port = Integer.parseInt(arguments[0]);
        var messages = Integer.parseInt(arguments[1]);
        var octets = new byte[Integer.parseInt(arguments[2])];
        var broker = Arrays.asList(arguments).subList(3, arguments.length);
        new Random(1).nextBytes(octets);
        try (var mailboxes = new Mailboxes(port, "raw", RECIPIENTS)) {
            publish(mailboxes, octets, Math.max(1, messages / 5)); // warms both sides up
            var ticks = ticksOf(broker);
            var begun = System.nanoTime();
            publish(mailboxes, octets, messages);
            var seconds = (System.nanoTime() - begun) / 1e9;
            var cpu = (ticksOf(broker) - ticks) / TICKS_PER_SECOND;
            mailboxes.delete();
            System.out.printf(Locale.ROOT,
                "{\"messages\": %d, \"message_bytes\": %d, \"queues\": %d, \"unconfirmed_max\": %d, \"seconds\": %.3f, "
                    + "\"messages_per_second\": %.1f, \"broker_cpu_us_per_message\": %.1f}%n",
                messages, octets.length, RECIPIENTS.size(), UNCONFIRMED_MAX, seconds, messages / seconds,
                cpu * 1e6 / messages);
        }
    }

    private static void publish(Mailboxes mailboxes, byte[] octets, int messages) throws Exception {
        var room = new Semaphore(UNCONFIRMED_MAX);
        var failed = new AtomicInteger();
        for (int i = 0; i < messages; ++i) {
            room.acquire();
            mailboxes.put(RECIPIENTS, octets).whenComplete((nothing, failure) -> {
                if (failure != null) failed.incrementAndGet();
                room.release();
            });
        }
        room.acquire(UNCONFIRMED_MAX);
        if (failed.get() > 0) throw new IOException(failed.get() + " messages were not confirmed");
    }

    private static long ticksOf(List<String> processes) throws IOException {
        long ticks = 0;
        for (var process : processes) {
            var line = Files.readString(Path.of("/proc", process, "stat"));
            var fields = line.substring(line.lastIndexOf(')') + 2).split(" ");
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]); // utime, stime
        }
        return ticks;
    }
}
