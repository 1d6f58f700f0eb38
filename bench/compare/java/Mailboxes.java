package vn.truc.compare;

import com.rabbitmq.client.AMQP.BasicProperties;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A quorum queue for every recipient, bound to one exchange under the recipient's code. Each thread
 * publishes through a channel of its own; confirms come back for many messages at once.
 */
final class Mailboxes implements AutoCloseable {
    private static final int PERSISTENT = 2;
    private static final int CONFIRM_SECONDS_MAX = 30;

    private final Connection connection;
    private final String exchange;
    private final List<String> recipients;
    private final ThreadLocal<ConfirmedChannel> channels = ThreadLocal.withInitial(this::open);

    Mailboxes(int amqpPort, String exchange, List<String> recipients) throws IOException, TimeoutException {
        this.exchange = exchange;
        this.recipients = List.copyOf(recipients);
        var factory = new ConnectionFactory();
        factory.setHost("127.0.0.1");
        factory.setPort(amqpPort);
        connection = factory.newConnection("truc-compare");
        try (var channel = connection.createChannel()) {
            channel.exchangeDeclare(exchange, "direct", true);
            for (var recipient : recipients) {
                var queue = queueOf(recipient);
                channel.queueDeclare(queue, true, false, false, Map.of("x-queue-type", "quorum"));
                channel.queueBind(queue, exchange, recipient);
            }
        }
    }

    int count(String recipient) throws IOException, TimeoutException {
        try (var channel = connection.createChannel()) {
            return channel.queueDeclarePassive(queueOf(recipient)).getMessageCount();
        }
    }

    boolean has(List<String> wanted) {
        return recipients.containsAll(wanted);
    }

    /** One message into each recipient's queue; completes when the broker has it durably in all. */
    CompletableFuture<Void> put(List<String> wanted, byte[] octets) throws IOException {
        return channels.get().publish(wanted, octets).orTimeout(CONFIRM_SECONDS_MAX, TimeUnit.SECONDS);
    }

    void delete() throws IOException, TimeoutException {
        try (var channel = connection.createChannel()) {
            for (var recipient : recipients) channel.queueDelete(queueOf(recipient));
            channel.exchangeDelete(exchange);
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }

    private String queueOf(String recipient) {
        return exchange + "." + recipient;
    }

    private ConfirmedChannel open() {
        try {
            return new ConfirmedChannel(connection.createChannel());
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private final class ConfirmedChannel {
        private final Channel channel;
        private final ConcurrentNavigableMap<Long, CompletableFuture<Void>> waiting = new ConcurrentSkipListMap<>();

        ConfirmedChannel(Channel channel) throws IOException {
            this.channel = channel;
            channel.confirmSelect();
            channel.addConfirmListener(
                (number, multiple) -> take(number, multiple).forEach(one -> one.complete(null)),
                (number, multiple) -> take(number, multiple).forEach(
                    one -> one.completeExceptionally(new IOException("the broker did not take the message"))));
            channel.addShutdownListener(
                cause -> take(Long.MAX_VALUE, true).forEach(one -> one.completeExceptionally(cause)));
        }

        // One publication for all recipients: those behind the first stand in the header CC.
        CompletableFuture<Void> publish(List<String> wanted, byte[] octets) throws IOException {
            var properties = new BasicProperties.Builder().deliveryMode(PERSISTENT).contentType("application/xml");
            if (wanted.size() > 1) properties.headers(Map.of("CC", wanted.subList(1, wanted.size())));
            var confirmed = new CompletableFuture<Void>();
            waiting.put(channel.getNextPublishSeqNo(), confirmed);
            channel.basicPublish(exchange, wanted.get(0), properties.build(), octets);
            return confirmed;
        }

        private List<CompletableFuture<Void>> take(long number, boolean multiple) {
            var confirmed = waiting.subMap(multiple ? 0 : number, true, number, true);
            var taken = List.copyOf(confirmed.values());
            confirmed.clear();
            return taken;
        }
    }
}
