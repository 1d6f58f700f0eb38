package vn.truc.compare;

import java.util.ArrayList;
import java.util.Arrays;

/** How many documents wait for each recipient. Arguments: AMQP port, recipients. Prints a JSON object. */
public final class Counts {
    private Counts() {
    }

    public static void main(String[] arguments) throws Exception {
        var recipients = Arrays.asList(arguments).subList(1, arguments.length);
        try (var mailboxes = new Mailboxes(Integer.parseInt(arguments[0]), Service.EXCHANGE, recipients)) {
            var counts = new ArrayList<String>();
            for (var recipient : recipients) counts.add("\"" + recipient + "\": " + mailboxes.count(recipient));
            System.out.println("{" + String.join(", ", counts) + "}");
        }
    }
}
